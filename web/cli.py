"""The command `stagelift`: a list of names; each command's code is imported when it is called."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import click

# name → "module:attribute". A lazy table keeps `--help` under 0.4 s: NumPy, Ibis and
# FastAPI are loaded only by the commands that use them.
COMMANDS = {
    "analyse": "web.commands.analyse:analyse",
    "backup": "web.commands.backup:backup",
    "company": "web.commands.company:company",
    "demo": "web.commands.demo:demo",
    "experiment": "web.commands.experiment:experiment",
    "import": "web.commands.imports:import_",
    "insight": "web.commands.insight:insight",
    "migrate": "web.commands.migrate:migrate",
    "plan": "web.commands.plan:plan",
    "rep": "web.commands.team:rep",
    "report": "web.commands.report:report",
    "restore": "web.commands.backup:restore",
    "serve": "web.commands.serve:serve",
    "team": "web.commands.team:team",
    "token": "web.commands.token:token",
    "user": "web.commands.user:user",
}


class LazyGroup(click.Group):
    """A group whose commands are imported at first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def print_json(value: Any) -> None:
    """Print one JSON document on stdout, as every command does under `--json`."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stagelift")
def main() -> None:
    """A/B tests of sales processes, with intervals that hold."""


if __name__ == "__main__":
    sys.exit(main())
