"""Where the project is, and the folder that its local installation lives in."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".openpartner"
