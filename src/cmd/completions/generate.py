#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a shell's completions of `tenon complete table`: generate.py bash|zsh|fish TABLE.

What completes a value follows from the argument's name in the table: src/cmd/ui/command_line.h.
"""
import json
import re
import sys

# Name in an argument -> what completes it.
KINDS = {"FILE": "files", "PATH": "files", "DIR": "directories", "DIRECTORY": "directories",
         "ADDRESS": "devices", "MACHINE": "machines", "PID": "pids", "COMMAND": "commands"}


def values(argument):
    """What completes an argument: names of KINDS' values, and words."""
    kinds, words = [], []
    plain = argument.strip("[]") if argument[0] == "[" else re.sub(r"\[[^]]*\]", "", argument)
    for part in plain.split(",")[0].split("|"):
        part = part.removesuffix("...")
        word = re.match(r"[a-z0-9][a-z0-9_.-]*[=:]?|", part)[0]
        if part in KINDS:
            kinds.append(KINDS[part])
        elif re.fullmatch(r"[0-9]+[KMGT]", part) or word == part or word[-1:] in ("=", ":"):
            words.append(word if word[-1:] in ("=", ":") else part)
    return kinds, words


def forms(cmd):
    """The operands of each form, as lists."""
    return [line.split(" ") for line in (cmd["operands"] or "").splitlines()]


def operands(cmd):
    """What completes the first operand, and what the later ones."""
    first, rest = ([], []), ([], [])
    for form in forms(cmd):
        for i, operand in enumerate(form):
            kinds, words = values(operand)
            places = [first] if i == 0 else [rest]
            if i == 0 and "..." in operand:
                places.append(rest)
            for place in places:
                place[0].extend(k for k in kinds if k not in place[0])
                place[1].extend(w for w in words if w not in place[1])
    return first, rest


def takes_value(option):
    return option["kind"] in ("value", "list")


def spellings(option):
    letter = [f"-{option['letter']}"] if option["letter"] else []
    return letter + [f"--{option['name']}"]


def first_line(text):
    """The start of a help text as one line: to the first full stop or colon."""
    return re.split(r"[.:;] |\(", text.replace("\n", " "))[0].strip()


# bash

BASH = """\
# bash completion for tenon, made of its table of options

# Candidates: words of kinds and words, those of a program with "word<tab>what it is" a line.
_tenon_candidates()
{
    local kind line what
    for kind in $1; do
        case $kind in
            files) compgen -f -- "$cur" ;;
            directories) compgen -d -- "$cur" ;;
            commands) compgen -W "@COMMANDS@" -- "$cur" ;;
            *)
                while IFS=$'\\t' read -r line what; do
                    # A device may be named without its domain.
                    if [[ $kind == devices && $cur != 0000:* && $cur == *:* ]]; then
                        line=${line#0000:}
                    fi
                    [[ $line == "$cur"* ]] || continue
                    # 63: the candidates are only listed.
                    if [[ ${COMP_TYPE-} == 63 ]]; then
                        printf '%s  (%s)\\n' "$line" "$what"
                    else
                        printf '%s\\n' "$line"
                    fi
                done < <("${COMP_WORDS[0]}" complete "$kind" 2>/dev/null)
                ;;
        esac
    done
    [[ -z $2 ]] || compgen -W "$2" -- "$cur"
}

# Sets what completes the value of "COMMAND OPTION"; false where it takes none.
_tenon_value()
{
    case $1 in
@VALUES@
        *) return 1 ;;
    esac
}

_tenon()
{
    local cur command option given line=${COMP_LINE:0:COMP_POINT} words i kinds='' list=''
    # COMP_WORDS is cut at ":" and "=", which addresses and options contain.
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=${words[-1]}
    COMPREPLY=()
    if (( ${#words[@]} <= 2 )); then
        kinds=commands
    else
        command=${words[1]}
        option=${words[-2]}
        if [[ $cur == --*=* ]]; then
            option=${cur%%=*}
            cur=${cur#*=}
        fi
        given=0
        for (( i = 2; i < ${#words[@]} - 1; i++ )); do
            if [[ ${words[i]} != -* ]]; then
                (( given++ ))
            elif _tenon_value "$command ${words[i]}"; then
                (( i++ ))
            fi
        done
        kinds='' list=''
        if _tenon_value "$command $option"; then
            :
        elif [[ $cur == -* ]]; then
            case $command in
@OPTIONS@
            esac
        else
            case $command in
@OPERANDS@
            esac
        fi
    fi
    mapfile -t COMPREPLY < <(_tenon_candidates "$kinds" "$list")
    [[ " $kinds " == *" files "* || " $kinds " == *" directories "* ]] && compopt -o filenames 2>/dev/null
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
    # readline replaces only what stands behind the last of its word breaks.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]=${COMPREPLY[i]#"${cur%"${cur##*:}"}"}
        done
    fi
}

complete -F _tenon tenon
"""


def assignments(kinds, words):
    found = []
    if kinds:
        found.append(f"kinds='{' '.join(kinds)}'")
    if words:
        found.append(f"list='{' '.join(words)}'")
    return "; ".join(found) or ":"


def bash(commands):
    value_rows, option_rows, operand_rows = [], [], []
    for cmd in commands:
        name = cmd["name"]
        for option in filter(takes_value, cmd["options"]):
            patterns = " | ".join(f"'{name} {s}'" for s in spellings(option))
            value_rows.append(f"        {patterns}) "
                              f"{assignments(*values(option['argument']))} ;;")
        names = " ".join(f"--{o['name']}" for o in cmd["options"])
        option_rows.append(f"                {name}) list='{names}' ;;")
        first, rest = operands(cmd)
        operand_rows.append(f"                {name}) if (( given == 0 )); then "
                            f"{assignments(*first)}; else {assignments(*rest)}; fi ;;")
    return (BASH.replace("@COMMANDS@", " ".join(c["name"] for c in commands))
            .replace("@VALUES@", "\n".join(value_rows))
            .replace("@OPTIONS@", "\n".join(option_rows))
            .replace("@OPERANDS@", "\n".join(operand_rows)))


# zsh

ZSH = """\
#compdef tenon
# zsh completion for tenon, made of its table of options

# Lines of "word<tab>what it is" as _describe wants them.
_tenon_ask() {
  local -a lines
  lines=("${(@f)$(_call_program $1 tenon complete $1 2>/dev/null)}")
  lines=("${(@)lines//:/\\\\:}")
  lines=("${(@)lines/$'\\t'/:}")
  _describe -t $1 $1 lines
}

_tenon_devices() { _tenon_ask devices }
_tenon_machines() { _tenon_ask machines }
_tenon_pids() { _tenon_ask pids }

_tenon_commands() {
  local -a commands=(
@COMMANDS@
  )
  _describe -t commands command commands
}

_tenon() {
  local curcontext="$curcontext" state line
  _arguments -C '(-h --help)'{-h,--help}'[list the commands]' '--version[print the version]' \\
    '1:command:_tenon_commands' '*::argument:->arguments'
  [[ $state == arguments ]] || return
  case $words[1] in
@CASES@
  esac
}

_tenon "$@"
"""

ZSH_KINDS = {"files": "_files", "directories": "_files -/", "devices": "_tenon_devices",
             "machines": "_tenon_machines", "pids": "_tenon_pids", "commands": "_tenon_commands"}


def zsh_quoted(text):
    return text.replace("'", "'\\''")


def zsh_help(text):
    return zsh_quoted(re.sub(r"([\[\]:\\])", r"\\\1", first_line(text)))


def zsh_action(kinds, words):
    actions = [ZSH_KINDS[k] for k in kinds]
    if words:
        actions.append("compadd -S '' - " + " ".join(words) if any(w[-1] in "=:" for w in words)
                       else "compadd - " + " ".join(words))
    if not actions:
        return " "
    if len(actions) == 1 and not words:
        return actions[0]
    return "{ " + "; ".join(actions) + " }"


def zsh_option(option):
    help_text = zsh_help(option["help"])
    repeat = "*" if option["kind"] == "list" else ""
    value = ""
    if takes_value(option):
        message = re.sub(r"([\[\]:\\])", r"\\\1", option["argument"].split("[")[0].split(",")[0])
        value = f":{message}:{zsh_action(*values(option['argument']))}"
    return [f"'{repeat}{s}{'=' if value and s.startswith('--') else ''}[{help_text}]"
            f"{zsh_quoted(value)}'" for s in spellings(option)]


def zsh(commands):
    rows, cases = [], []
    for cmd in commands:
        rows.append(f"    '{cmd['name']}:{zsh_quoted(cmd['summary'])}'")
        specs = [s for o in cmd["options"] for s in zsh_option(o)]
        first, rest = operands(cmd)
        if first != ([], []):
            specs.append(f"'1: :{zsh_quoted(zsh_action(*first))}'")
        if rest != ([], []):
            specs.append(f"'*: :{zsh_quoted(zsh_action(*rest))}'")
        cases.append(f"    {cmd['name']})\n      _arguments -s -S \\\n        "
                     + " \\\n        ".join(specs) + "\n      ;;")
    return ZSH.replace("@COMMANDS@", "\n".join(rows)).replace("@CASES@", "\n".join(cases))


# fish

FISH_KINDS = {"files": "(__fish_complete_path)", "directories": "(__fish_complete_directories)",
              "devices": "(tenon complete devices 2>/dev/null)",
              "machines": "(tenon complete machines 2>/dev/null)",
              "pids": "(tenon complete pids 2>/dev/null)"}


def fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_values(kinds, words, names):
    asked = [FISH_KINDS[k] if k in FISH_KINDS else " ".join(names) for k in kinds]
    return " ".join(asked + words)


def fish(commands):
    names = [c["name"] for c in commands]
    none = f"not __fish_seen_subcommand_from {' '.join(names)}"
    lines = ["# fish completion for tenon, made of its table of options", "complete -c tenon -f"]
    for cmd in commands:
        lines.append(f"complete -c tenon -n {fish_quoted(none)} -a {cmd['name']} "
                     f"-d {fish_quoted(cmd['summary'])}")
    for cmd in commands:
        seen = fish_quoted(f"__fish_seen_subcommand_from {cmd['name']}")
        for option in cmd["options"]:
            line = f"complete -c tenon -n {seen} -l {option['name']}"
            if option["letter"]:
                line += f" -s {option['letter']}"
            if takes_value(option):
                line += f" -x -a {fish_quoted(fish_values(*values(option['argument']), names))}"
            lines.append(line + f" -d {fish_quoted(first_line(option['help']))}")
        first, rest = operands(cmd)
        both = ([*first[0], *(k for k in rest[0] if k not in first[0])], first[1] + rest[1])
        if both != ([], []):
            lines.append(f"complete -c tenon -n {seen} -a "
                         f"{fish_quoted(fish_values(*both, names))}")
    return "\n".join(lines) + "\n"


def main():
    shell, path = sys.argv[1:]
    with open(path, encoding="utf-8") as table:
        commands = json.load(table)["commands"]
    sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[shell](commands))


if __name__ == "__main__":
    main()
