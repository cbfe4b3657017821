"""Watches a script from inside its process: times of its training steps, and its memory. Runs under any interpreter.

Nothing is imported ahead of the script: torch is hooked at the moment the script itself imports it. Used by path, so that
a benchmark's own packages stay the only ones of their names.
"""

import importlib.machinery
import json
import os
import sys
import threading
import time


class Watch:
    """Notes when steps end, and stops the process after enough of them.

    Args:
        report: file for the result.
        started: ``time.monotonic()`` in the parent just before this process.
        steps: stop after this many optimizer steps; 0: let the script end.
    """

    def __init__(self, report, started, steps):
        self.report, self.started, self.steps = report, started, steps
        self.first_forward, self.ends, self.marks, self.anonymous = None, [], {}, 0
        self.file = 0
        threading.Thread(target=self.sample, daemon=True).start()

    def install(self):
        """Hooks torch as soon as it is imported."""
        sys.meta_path.insert(
            0, Finder({"torch.optim.optimizer": self.hook_steps, "torch.nn.modules.module": self.hook})
        )

    def hook_steps(self, module):
        self.marks["torch imported"] = time.monotonic() - self.started
        module.register_optimizer_step_post_hook(self.step)

    def hook(self, module):
        import torch

        def before(layer, _):
            if self.first_forward is None and layer.training and torch.is_grad_enabled():
                self.first_forward = time.monotonic() - self.started
                self.marks["resident at first step"] = status("VmHWM")
                handle.remove()

        handle = module.register_module_forward_pre_hook(before)

    def step(self, *_):
        import torch

        if torch.cuda.is_available() and torch.cuda.is_initialized():
            torch.cuda.synchronize()
        self.ends.append(time.monotonic() - self.started)
        if len(self.ends) == self.steps:
            self.finish()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    def sample(self):
        """The peak of memory that belongs to no file, which Linux does not keep by itself."""
        while True:
            self.anonymous = max(self.anonymous, status("RssAnon"))
            self.file = max(self.file, status("RssFile"))
            time.sleep(0.01)

    def finish(self):
        """Writes the report."""
        found = {
            "first_forward": self.first_forward,
            "ends": self.ends,
            "marks": self.marks,
            "peak_bytes": status("VmHWM"),
            "peak_anonymous_bytes": self.anonymous,
            "peak_file_bytes": self.file,
            "seconds": time.monotonic() - self.started,
        }
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
            found["gpu_peak_bytes"] = torch.cuda.max_memory_reserved()
        with open(self.report + ".part", "w", encoding="utf-8") as file:
            json.dump(found, file)
        os.replace(self.report + ".part", self.report)


def status(name):
    """One of the sizes in /proc/self/status, in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0


class Finder:
    """Calls a function with each named module right after it was imported."""

    def __init__(self, after):
        self.after = after

    def find_spec(self, name, path=None, target=None):
        if name not in self.after:
            return None
        after = self.after.pop(name)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            after(module)

        spec.loader.exec_module = exec_module
        return spec


def start():
    """A watch as the environment variable ``MIA_BENCHMARK_WATCH`` describes it, installed."""
    watch = Watch(**json.loads(os.environ["MIA_BENCHMARK_WATCH"]))
    watch.install()
    return watch


def main():
    """``watch.py SCRIPT ARGUMENTS``: runs the script watched."""
    import runpy

    watch = start()
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise
    watch.finish()


if __name__ == "__main__":
    main()
