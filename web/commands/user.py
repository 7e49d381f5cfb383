"""`stagelift user`: people with an account."""

from __future__ import annotations

import sys

import click

from web.commands import json_option, open_store

# `experiments.users.Role`, spelled out: importing it would slow `--help` down.
ROLES = ("admin", "manager", "analyst", "rep", "viewer")


@click.group()
def user() -> None:
    """Add and list people with an account."""


@user.command()
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True, help="How pages call the person.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def add(email: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Add a person. The password is asked for, or read from standard input."""
    from experiments.company import the_company
    from experiments.users import Role, add_user
    from web.cli import print_json
    from web.site import utc_now

    password = _read_password() if password_stdin else _ask_password()
    with open_store() as session:
        the_company(session)  # an account without a company would end the first run half-way
        made = add_user(
            session, email=email, name=name, role=Role(role), password=password, now=utc_now()
        )
        shown = {"email": made.email, "name": made.name, "role": made.role}
    if as_json:
        print_json(shown)
    else:
        click.echo(f"Added {shown['email']} as {role}.")


@user.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List everyone with an account."""
    from experiments.users import users
    from web.cli import print_json

    with open_store(writes=False) as session:
        people = [
            {
                "email": each.email,
                "name": each.name,
                "role": each.role,
                "disabled": each.disabled_at is not None,
            }
            for each in users(session)
        ]
    if as_json:
        print_json({"users": people})
        return
    for each in people:
        disabled = "  (disabled)" if each["disabled"] else ""
        click.echo(f"{each['email']:40}{each['role']:10}{each['name']}{disabled}")


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _ask_password() -> str:
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked
