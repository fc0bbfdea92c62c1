"""Carry out the parts, one after the other, and keep what each came to at once.

A run that was interrupted goes on with the parts that it did not come to, if the conditions are the
same; what the parts came to before stays until they are carried out anew.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.measuring import measured, page
from benchmarks.measuring.measured import Conditions, Measured, Part
from benchmarks.measuring.task import AbsentError, Findings, Task
from reprise.escaping import first_line
from stages import files, mistakes
from stages.errors import UserError

Measure = Callable[[Task], Findings]


class Session:
    """A run of `make bench`."""

    def __init__(self, parts: Mapping[str, Measure], conditions: Conditions, out: Path) -> None:
        """Take the parts, and the folder of measured.json and measured.md."""
        self._parts, self._conditions = parts, conditions
        self._out = out / measured.PATH.name
        self._found = measured.read(self._out)

    def begin(self, only: Sequence[str] = ()) -> list[str]:
        """Return the parts to carry out: those of `only`, those that are left, or all.

        Raises:
            UserError: there is no part of a name.
        """
        for name in only:
            if name not in self._parts:
                near = mistakes.nearest(name, self._parts)
                raise UserError(f"--only {mistakes.shown(name)} names no part; {near}")
        if only:
            return [name for name in self._parts if name in only]
        same = self._found.begun == self._conditions
        left = tuple(name for name in self._parts if same and name in self._found.left)
        begun = {"left": left or tuple(self._parts), "begun": self._conditions}
        self._found = self._found.model_copy(update=begun)
        return [*self._found.left]

    def run(self, names: Sequence[str], task: Task) -> list[str]:
        """Carry out the parts, and return those that failed."""
        failed = list[str]()
        for number, name in enumerate(names, 1):
            task.say(f"{number}/{len(names)} {name}{self._last_time(name)}")
            part = self._measure(name, task)
            before = self._found.parts.get(name)
            kept = part.state == "not measured" and before is not None and bool(before.figures)
            self._keep(name, before if kept and before else part)
            stays = "; what was measured before stays" if kept else ""
            task.say(f"  {part.state} in {part.seconds:.0f} s; {part.summary()}{stays}")
            failed += [name] if part.state == "failed" else []
        return failed

    def _last_time(self, name: str) -> str:
        """Return what a part took the last time, if that was a run like this one."""
        part = self._found.parts.get(name)
        alike = part and part.conditions.quick == self._conditions.quick
        return f", which took {part.seconds:.0f} s the last time" if part and alike else ""

    def _measure(self, name: str, task: Task) -> Part:
        """Carry out a part, whatever becomes of it; Ctrl-C alone ends the run."""
        began, found = time.perf_counter(), Findings({})
        state, reason = "measured", ""
        try:
            found = self._parts[name](task)
        except AbsentError as error:
            state, reason = "not measured", str(error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the others go on
            state, reason = "failed", f"{type(error).__name__}: {first_line(error)}"
        return Part.model_validate(
            {
                "state": state,
                "reason": reason,
                "notes": tuple(found.notes),
                "seconds": round(time.perf_counter() - began, 1),
                "conditions": self._with(found.versions),
                "figures": dict(found.figures),
            }
        )

    def _with(self, versions: Mapping[str, str]) -> Conditions:
        mine = {**self._conditions.versions, **versions}
        return self._conditions.model_copy(update={"versions": mine})

    def _keep(self, name: str, part: Part) -> None:
        """Write both files with what a part came to; parts that there are no more go."""
        kept = {key: one for key, one in self._found.parts.items() if key in self._parts}
        order = {key: (kept | {name: part})[key] for key in self._parts if key in {*kept, name}}
        left = tuple(one for one in self._found.left if one != name)
        self._found = Measured(left=left, begun=self._found.begun, parts=order)
        measured.write(self._found, self._out)
        with files.replacing(self._out.with_suffix(".md")) as partial:
            partial.write_text(page.rendered(self._found), encoding="utf-8")
