"""Every command of ours says what it does."""

import pytest
from django.core.management import call_command, get_commands, load_command_class

OURS = {
    name: app
    for name, app in get_commands().items()
    if app.partition(".")[0] in ("people", "lessons", "assessments", "terror_site")
}


def test_they_are_found():
    assert {"backup", "restore", "doctor", "move_database", "upgrade", "serve"} <= {
        *OURS
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_help_says_what_the_command_and_each_option_does(name, capsys):
    command = load_command_class(OURS[name], name)
    with pytest.raises(SystemExit) as ended:
        call_command(name, "--help")

    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert len(command.help) > 40
    assert command.help.split()[0] in said
    silent = [
        action.dest
        for action in command.create_parser("manage.py", name)._actions
        if action.option_strings and not action.help
    ]
    assert silent == []
