"""Reads Dockerfiles with dockerfile-parse: each must be the plain one with the hostile values put in.

Takes [{"plain": text, "text": text, "values": {plain: hostile}}, ...] and prints a list with null for each case that
is as intended, else what is different.
"""

import functools
import json
import re
import shlex
import sys

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import extract_key_values


def pair(value):
    """The one NAME="VALUE" of a LABEL or ENV (Dockerfile reference, "Environment replacement")."""
    ((name, _),) = extract_key_values(False, {}, {}, value)
    quoted = value[len(name) + 1 :]
    if not re.fullmatch(r'"(?:[^"\\$]|\\["\\$])*"', quoted):
        # cargo's and rustc's variables in a build are plain words
        if re.search(r"[\"'\\$]", quoted):
            raise ValueError("a quote, backslash or variable: " + quoted)
        return name, quoted
    return name, re.sub(r'\\(["\\$])', r"\1", quoted[1:-1])


class Text:
    """A file in memory, of which dockerfile-parse wants the bytes."""

    def __init__(self, text):
        self.text = text.encode()

    def read(self):
        return self.text

    def readlines(self):
        return self.text.splitlines(keepends=True)

    def seek(self, *_):
        pass


def parse(text):
    """Each instruction with its value, decoded as far as its kind allows."""
    stages = {}
    found = []

    def stage(match):
        name = match.group(2)
        return match.group(1) + stages.setdefault(name, "stage%d" % len(stages))

    for step in DockerfileParser(fileobj=Text(text)).structure:
        kind, value = step["instruction"], step["value"]
        if kind == "COMMENT":
            continue
        elif kind in ("LABEL", "ENV"):
            if found[-1][0] != kind:
                found.append([kind, {}])
            name, word = pair(value)
            found[-1][1][name] = word
        elif kind == "FROM":
            found.append([kind, re.sub(r"( AS )([a-z][a-z0-9._-]*)$", stage, value).split(" ")])
        elif kind in ("COPY", "ADD"):
            flags, value = re.fullmatch(r"((?:--\S+ )*)(.*)", value).groups()
            flags = re.sub(r"^(--from=)(\S+)", stage, flags)
            words = json.loads(value) if value.startswith("[") else value.split(" ")
            entry = [flags, sorted(words[:-1]), words[-1]]
            if found[-1][0] == kind:
                found[-1][1].append(entry)
            else:
                found.append([kind, [entry]])
        elif kind in ("ENTRYPOINT", "CMD", "VOLUME"):
            found.append([kind, json.loads(value)])
        elif kind == "RUN":
            value = re.sub(r"id=[a-z][a-z0-9._-]*-target,", "id=target,", value)
            found.append([kind, shlex.split(value)])
        else:
            found.append([kind, value])
    return found


def substitute(value, values):
    """`value` with every plain value replaced; in one pass, since a hostile value may hold a plain one."""
    if isinstance(value, str):
        pattern = "|".join(re.escape(plain) for plain in sorted(values, key=len, reverse=True))
        return re.sub(pattern, lambda match: values[match.group(0)], value)
    if isinstance(value, list):
        return [substitute(item, values) for item in value]
    return {substitute(name, values): substitute(item, values) for name, item in value.items()}


def settled(found):
    """What has no order of its own, in one."""
    for step in found:
        if step[0] in ("COPY", "ADD"):
            for entry in step[1]:
                entry[1].sort()
            step[1].sort(key=json.dumps)
    return found


@functools.cache
def plainly(text):
    return parse(text)


def difference(case):
    values = case["values"]
    wanted = settled(substitute(plainly(case["plain"]), values))
    try:
        found = settled(parse(case["text"]))
    except Exception as error:  # whatever it is: the file cannot be read
        return "%s: %s" % (type(error).__name__, error)
    for want, have in zip(wanted, found):
        if want != have:
            return "wanted %s\nfound  %s" % (json.dumps(want), json.dumps(have))
    if len(wanted) != len(found):
        return "%d instructions in place of %d" % (len(found), len(wanted))
    return None


json.dump([difference(case) for case in json.load(sys.stdin)], sys.stdout)
