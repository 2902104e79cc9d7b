"""A statement as a page and as a PDF: the same words and figures, to read and to file."""

import base64
from hashlib import sha256
from pathlib import Path

from fpdf import FPDF
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.features.statements.schemas import StatementCurrency, StatementOut

FOLDER = Path(__file__).parent / "templates"
pages = Environment(
    autoescape=True,
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = (FOLDER / "statement.css").read_text()
STYLE_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; frame-ancestors 'none'"
LABELS = {
    "opening": "Opening balance",
    "commissions": "Commissions",
    "adjustments": "Adjustments",
    "payouts": "Payouts",
    "closing": "Closing balance",
}
COLUMNS = (32, 108, 40)
NOTHING = "Nothing was owed, earned or paid in this month."


def page(statement: StatementOut) -> str:
    """HTML with a style of its own, and nothing from elsewhere."""
    return pages.get_template("statement.html").render(
        statement=statement, style=STYLE, sums=tuple(LABELS), labels=LABELS, nothing=NOTHING
    )


def pdf(statement: StatementOut) -> bytes:
    """One or more sheets of A4."""
    sheet = FPDF(format="A4")
    sheet.set_auto_page_break(auto=True, margin=18)
    sheet.set_title(f"Statement {statement.month}")
    sheet.add_page()
    sheet.set_font("Helvetica", "B", 18)
    sheet.cell(0, 10, f"Statement {statement.month}", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font("Helvetica", "", 11)
    for line in (statement.program, statement.partner_name, f"{statement.partner_id}"):
        sheet.cell(0, 6, _printable(line), new_x="LMARGIN", new_y="NEXT")
    if not statement.currencies:
        sheet.ln(6)
        sheet.cell(0, 6, NOTHING, new_x="LMARGIN", new_y="NEXT")
    for currency in statement.currencies:
        _print_currency(sheet, currency)
    return bytes(sheet.output())


def _print_currency(sheet: FPDF, currency: StatementCurrency) -> None:
    sheet.ln(6)
    sheet.set_font("Helvetica", "B", 13)
    sheet.cell(0, 8, currency.currency, new_x="LMARGIN", new_y="NEXT")
    for name, label in LABELS.items():
        sheet.set_font("Helvetica", "B" if name == "closing" else "", 11)
        sheet.cell(COLUMNS[0] + COLUMNS[1], 6, label)
        sheet.cell(COLUMNS[2], 6, getattr(currency, name), align="R", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(3)
    sheet.set_font("Helvetica", "", 9)
    for line in currency.lines:
        sheet.cell(COLUMNS[0], 5, line.at.strftime("%Y-%m-%d"))
        sheet.cell(COLUMNS[1], 5, _printable(line.description))
        sheet.cell(COLUMNS[2], 5, line.amount, align="R", new_x="LMARGIN", new_y="NEXT")


def _printable(text: str) -> str:
    """The fonts that every reader of PDF has know Western letters only; the page knows them all."""
    return " ".join(text.split())[:90].encode("latin-1", "replace").decode("latin-1")
