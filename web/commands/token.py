"""`stagelift token`: keys by which programs call the API."""

from __future__ import annotations

import click

from web.commands import json_option, open_store

# `experiments.users.Scope`, spelled out: importing it would slow `--help` down.
SCOPES = ("all", "read", "tell")


@click.group()
def token() -> None:
    """Create, list and revoke API tokens."""


@token.command()
@click.option("--email", required=True, help="The user as whom the program acts.")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="all",
    show_default=True,
    help="read: nothing is changed; tell: leads, events, assignments.",
)
@json_option
def create(email: str, name: str, scope: str, as_json: bool) -> None:
    """Create a token and print it. It cannot be shown again: only its hash is stored."""
    from experiments.users import Scope, create_token, user_by_email
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        owner = user_by_email(session, email)
        made = create_token(session, owner, name=name, now=utc_now(), scope=Scope(scope))
    if as_json:
        print_json({"token": made, "name": name})
    else:
        click.echo(made)


@token.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all tokens, without the tokens themselves."""
    from experiments.access.api_tokens import tokens
    from web.cli import print_json

    with open_store(writes=False) as session:
        found = [
            {
                "name": each.name,
                "email": each.user.email,
                "scope": each.scope,
                "created_at": each.created_at.isoformat(timespec="seconds"),
                "revoked": each.revoked_at is not None,
            }
            for each in tokens(session)
        ]
    if as_json:
        print_json({"tokens": found})
        return
    for each in found:
        revoked = "  (revoked)" if each["revoked"] else ""
        whose = f"{each['name']:30}{each['email']:40}"
        click.echo(f"{whose}{each['scope']:6}{each['created_at']}{revoked}")


@token.command()
@click.option("--email", required=True, help="The user as whom the program acts.")
@click.option("--name", required=True, help="The token's name.")
@json_option
def revoke(email: str, name: str, as_json: bool) -> None:
    """Revoke a user's tokens of that name; programs that use them get 401 from now on."""
    from experiments.access.api_tokens import revoke_tokens
    from experiments.users import user_by_email
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        count = revoke_tokens(session, user_by_email(session, email), name, now=utc_now())
    if as_json:
        print_json({"revoked": count})
    else:
        click.echo(f"Revoked {count}.")
