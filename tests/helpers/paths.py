"""Paths in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared"
"""Collected evidence and Twilio's own OpenAPI files; absent where only this project is checked out."""
