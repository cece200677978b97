"""``notify-mock ca``: the certificate authority of this machine, to look at, renew and remove."""

from __future__ import annotations

import click


@click.group()
def ca() -> None:
    """The certificate authority that lets clients on this machine trust the emulator.

    It is made on first use, holds for 30 days, and can vouch for twilio.com and the names below it only. Its private
    key stays in the user's data folder, or in NOTIFY_MOCK_CA_DIR.
    """


@ca.command()
@click.option("--bundle", is_flag=True, help="The system's roots and this authority in one file, instead.")
def path(bundle: bool) -> None:
    """Print the path of its certificate, which is made if need be."""
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.bundles import make_bundles

    authority = Authority()
    click.echo(make_bundles(authority).bundle if bundle else authority.certificate)


@ca.command()
def show() -> None:
    """Say what it is and how long it holds."""
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.certificates import fingerprint

    authority = Authority()
    if not authority.exists_already:
        click.echo(f"notify-mock: no authority in {authority.folder} yet; it is made on first use")
        return
    click.echo(f"certificate  {authority.certificate}")
    click.echo(f"valid until  {authority.expires:%Y-%m-%d %H:%M} UTC")
    click.echo("vouches for  twilio.com and the names below it, nothing else")
    click.echo(f"SHA-256      {fingerprint(authority.pair().certificate)}")


@ca.command()
def renew() -> None:
    """Make a new certificate and key. Servers that are running, and what trusts the old one, want a restart."""
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.bundles import make_bundles

    authority = Authority()
    authority.renew()
    make_bundles(authority)
    click.echo(f"notify-mock: a new authority in {authority.certificate}, valid until {authority.expires:%Y-%m-%d}")


@ca.command()
def remove() -> None:
    """Delete its files. Nothing is left that could vouch for Twilio's names."""
    from notify_mock.certificate_authority.authority import Authority

    authority = Authority()
    gone = authority.remove()
    click.echo(f"notify-mock: {len(gone)} files deleted from {authority.folder}")
