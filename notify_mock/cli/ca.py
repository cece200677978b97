"""``notify-mock ca``: shows, renews and removes the certificate authority of this machine."""

from __future__ import annotations

import click

from notify_mock.support.counted import counted


@click.group()
def ca() -> None:
    """Manage the local certificate authority (CA).

    The CA signs the certificates that the emulator uses for Twilio's host names. It is created on first use, is valid
    for 30 days, and can sign certificates for twilio.com and its subdomains only. Its private key is stored in your
    user data folder, or in NOTIFY_MOCK_CA_DIR.
    """


@ca.command()
@click.option("--bundle", is_flag=True, help="Print the path of the system's root certificates plus the CA.")
def path(bundle: bool) -> None:
    """Print the path of the CA certificate, and create it if needed."""
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.bundles import make_bundles

    authority = Authority()
    click.echo(make_bundles(authority).bundle if bundle else authority.certificate)


@ca.command()
def show() -> None:
    """Show the CA certificate, its expiry date and its fingerprint."""
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.certificates import fingerprint

    authority = Authority()
    if not authority.exists_already:
        click.echo(f"notify-mock: no CA in {authority.folder} yet; it is created on first use")
        return
    click.echo(f"certificate  {authority.certificate}")
    click.echo(f"valid until  {authority.expires:%Y-%m-%d %H:%M} UTC")
    click.echo("signs for    twilio.com and its subdomains only")
    click.echo(f"SHA-256      {fingerprint(authority.pair().certificate)}")


@ca.command()
def renew() -> None:
    """Create a new CA certificate and key. Restart running servers and clients afterwards."""
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.bundles import make_bundles

    authority = Authority()
    authority.renew()
    make_bundles(authority)
    click.echo(f"notify-mock: created {authority.certificate}, valid until {authority.expires:%Y-%m-%d}")


@ca.command()
def remove() -> None:
    """Delete the files of the CA, including its private key."""
    from notify_mock.certificate_authority.authority import Authority

    authority = Authority()
    deleted = authority.remove()
    click.echo(f"notify-mock: {counted(len(deleted), 'file')} deleted from {authority.folder}")
