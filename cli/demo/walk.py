"""The walk: from an empty installation to two partners who were paid, step by step."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal

from cli.demo.agents import browsers, crawlers
from cli.demo.browser import Browser
from cli.demo.place import ADMIN, Place
from cli.demo.story import CRAWLERS, PARTNERS, PERCENT, VISITS, Invoice, invoices, visits
from cli.demo.sums import Sums
from cli.demo.visitors import follow, has_many_lines


@dataclass(slots=True)
class Partner:
    """One of the two: their browser, their link, and what they must have earned by currency."""

    id: str
    name: str
    browser: Browser
    link: str = ""
    earns: dict[str, Decimal] = field(default_factory=dict)


class Walk:
    """Names are fresh at every run, so that it can be played again on the same installation."""

    def __init__(self, place: Place, sums: Sums, stack: ExitStack) -> None:
        self.place = place
        self.sums = sums
        self.partners: list[Partner] = []
        self._stack = stack
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self._campaign = ""
        self._crefs: list[tuple[int, str]] = []
        self._reversed = ""

    def play(self) -> None:
        """Everything, in order."""
        self._admin = self._enter(Browser(self.place.api))
        self.set_up()
        self.make_campaign()
        for number, name in enumerate(PARTNERS):
            self.invite(number, name)
        self.send_visitors()
        self.report()
        self.review()
        self.pay()

    def set_up(self) -> None:
        """Installs with an admin, or signs the demo's admin in again."""
        letters = len(self.place.mailbox.letters(ADMIN))
        if self.place.is_installed:
            self._admin.post("/auth/signin", {"email": ADMIN})
        else:
            names = {"adminName": "Dana Demo", "programName": "Acme Partners"}
            self._admin.post("/install", {"adminEmail": ADMIN, **names})
        who = self._admin.sign_in(ADMIN, self.place.mailbox, after=letters)
        self.sums.agree("The role of who installed", who["role"], "admin")
        _say(f"{who['admin']['name']} is signed in as admin")

    def make_campaign(self) -> None:
        rule = {"type": "percent", "value": int(PERCENT), "recurring": True}
        made = self._admin.post("/campaigns", {
            "name": f"Acme {self._run}", "commissionRule": rule,
            "destinationUrl": "https://acme.example/welcome",
        })  # fmt: skip
        self._campaign = made["id"]
        _say(f"the campaign {made['name']!r} pays {PERCENT} % of every payment")

    def invite(self, number: int, name: str) -> None:
        """The partner follows the link in their mail, and makes a link to share."""
        email = f"{name.partition(' ')[0].lower()}-{self._run}@example.com"
        invited = {"email": email, "name": name, "campaignIds": [self._campaign]}
        made = self._admin.post("/partners", invited)
        partner = Partner(made["id"], name, self._enter(Browser(self.place.api)))
        who = partner.browser.sign_in(email, self.place.mailbox, after=0)
        self.sums.agree(f"The id of {name}", who["partnerId"], partner.id)
        wanted = {"linkKey": f"{self._run}-{number}", "campaignId": self._campaign}
        partner.link = partner.browser.post(f"/partners/{partner.id}/links", wanted)["url"]
        self.partners.append(partner)
        _say(f"{name} accepted the invitation and shares {partner.link}")

    def send_visitors(self) -> None:
        """Each click counts only once its redirect was answered, so none has to be waited for."""
        people, machines = iter(browsers(VISITS)), iter(crawlers(CRAWLERS))
        for visit in visits():
            agent = next(machines) if visit.is_crawler else next(people)
            cref = follow(self.partners[visit.partner].link, agent=agent, line=visit.line)
            if visit.customer is not None:
                self._crefs.append((visit.customer, cref))
                # Clicks are told apart by the millisecond, and nobody clicks twice within one.
                time.sleep(0.002)
        _say(f"{VISITS} visitors clicked; {CRAWLERS} of them were crawlers")
        for number, partner in enumerate(self.partners):
            own = [visit for visit in visits() if visit.partner == number]
            bots = sum(visit.is_crawler for visit in own)
            shown = partner.browser.get(f"/partners/{partner.id}/dashboard")
            if has_many_lines():
                self.sums.agree(f"{partner.name}'s clicks", shown["clicks"], len(own) - bots)
                self.sums.agree(f"{partner.name}'s crawlers", shown["flaggedClicks"], bots)

    def report(self) -> None:
        """The shop says who its visitors became, and what they did."""
        made = self._admin.post("/api-keys/scoped", {"scopes": ["events:write"], "label": "shop"})
        shop = self._enter(Browser(self.place.api, "shop-server", key=made["plaintext"]))
        for customer, cref in self._crefs:
            shop.post("/attribution/identify", {"cref": cref, "userId": self._user(customer)})
        for customer in dict(self._crefs):
            signup = {"userId": self._user(customer), "type": "signup"}
            found = shop.post("/attribution/events", signup)["attribution"]
            self.sums.agree(f"The sign-up of {customer}", found["status"], "attributed")
        _say(f"{len(dict(self._crefs))} of them signed up")
        for number, invoice in enumerate(invoices()):
            self._report(shop, number, invoice)
        _say(f"{len(invoices())} invoices were paid, in {' and '.join(_currencies())}")

    def _report(self, shop: Browser, number: int, invoice: Invoice) -> None:
        event = {
            "userId": self._user(invoice.customer), "type": "invoice_paid",
            "value": str(invoice.value), "currency": invoice.currency,
            "externalId": f"{self._run}-{number}",
        }  # fmt: skip
        partner = self.partners[invoice.partner]
        answer = shop.post("/attribution/events", event)
        touches = answer["attribution"]["touches"]
        credited = [touch["partnerId"] for touch in touches]
        self.sums.agree(f"Who is credited for invoice {number}", credited, [partner.id])
        again = shop.post("/attribution/events", event)
        repeated = (again["replayed"], again["eventId"])
        self.sums.agree(f"Invoice {number} reported twice", repeated, (True, answer["eventId"]))
        if number == 0:
            # The shop found out that this one was a fraud, so it earns nothing.
            self._reversed = touches[0]["commissionId"] if touches else ""
        else:
            sum_so_far = partner.earns.get(invoice.currency, Decimal(0))
            partner.earns[invoice.currency] = sum_so_far + invoice.commission
        self._explain(answer["eventId"], invoice)

    def _explain(self, event_id: str, invoice: Invoice) -> None:
        why = self._admin.get(f"/attribution/events/{event_id}/explanation")
        what = f"{PERCENT} % of {invoice.value} {invoice.currency}"
        credits_ = [each["amount"] for each in why["credits"]]
        self.sums.agree(what, credits_, [str(invoice.commission)])
        if invoice.value == Decimal("200.00"):
            self.sums.agree("20 % of 200.00", credits_, ["40.00"])

    def review(self) -> None:
        """The admin reverses one commission, and approves all others."""
        self._admin.post(f"/commissions/{self._reversed}/reverse")
        approved = 0
        for partner in self.partners:
            path = f"/partners/{partner.id}/commissions"
            for commission in self._admin.everything(path, "commissions", status="accrued"):
                self._admin.post(f"/commissions/{commission['id']}/approve")
                approved += 1
            self._agree_on(partner, "approved")
        _say(f"{approved} commissions are approved, and 1 is reversed")

    def pay(self) -> None:
        """Nothing is paid before somebody says that the money has moved."""
        run = self._admin.post("/payouts/run", once=f"demo-{self._run}")
        planned = {(each["partnerId"], each["currency"]): each["amount"] for each in run["payouts"]}
        expected = {
            (partner.id, currency): str(amount)
            for partner in self.partners
            for currency, amount in partner.earns.items()
        }
        self.sums.agree("The payouts of the run", planned, expected)
        for partner in self.partners:
            self._agree_on(partner, "approved")
        for payout in run["payouts"]:
            paid = {"reference": f"transfer {payout['payoutId'][-6:]}"}
            self._admin.post(f"/payouts/{payout['payoutId']}/confirm", paid)
        for partner in self.partners:
            self._agree_on(partner, "paid")
            payouts = partner.browser.everything(f"/partners/{partner.id}/payouts", "payouts")
            states = {payout["status"] for payout in payouts}
            self.sums.agree(f"The state of {partner.name}'s payouts", states, {"paid"})
        _say(f"{len(run['payouts'])} payouts were made by hand and marked paid")

    def _agree_on(self, partner: Partner, status: str) -> None:
        """The list and the partner's own page must both say what our arithmetic says."""
        path = f"/partners/{partner.id}/commissions"
        found: dict[str, Decimal] = {}
        for each in partner.browser.everything(path, "commissions", status=status):
            found[each["currency"]] = found.get(each["currency"], Decimal(0)) + Decimal(
                each["amount"]
            )
        self.sums.agree(f"What {partner.name} has {status}", found, partner.earns)
        shown = partner.browser.get(f"/partners/{partner.id}/dashboard")["commissionByStatus"]
        expected = {currency: str(amount) for currency, amount in partner.earns.items()}
        self.sums.agree(f"{partner.name}'s page, {status}", shown[status], expected)

    def _user(self, customer: int) -> str:
        return f"customer-{self._run}-{customer}"

    def _enter(self, browser: Browser) -> Browser:
        return self._stack.enter_context(browser)


def _currencies() -> list[str]:
    return list(dict.fromkeys(invoice.currency for invoice in invoices()))


def _say(what: str) -> None:
    print(f"  • {what}", flush=True)
