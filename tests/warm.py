"""Python processes that start at once: forked from one that has imported the heavy libraries already.

``Popen`` and ``run`` take what those of ``subprocess`` take. A command of this very interpreter (``sys.executable``) is
forked from a server that every pytest worker starts when it first needs it; any other is started as ever. The child is a
process of its own in folder, environment, arguments, files, signals and exit code; nothing of this repository is
imported before it begins. What an interpreter reads from its environment before the first line of a program
(:data:`EARLY`) must be as in the tests' own environment; else, and with ``MIA_TESTS_COLD=1``, the start is an ordinary one.
"""

import array
import contextlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys

LIBRARIES = (
    *("torch", "torch._dynamo", "torch.distributed.nn", "numpy", "pandas", "scipy.stats", "scipy.special"),
    *("sklearn.metrics", "transformers", "transformers.processing_utils", "transformers.models.auto.tokenization_auto"),
    *("transformers.models.bert.modeling_bert", "transformers.models.bert.tokenization_bert", "sentence_transformers"),
    *("safetensors.torch", "easydict", "tqdm", "filelock", "importlib.metadata"),
)
EARLY = (
    "OMP_NUM_THREADS",
    "PYTHONHASHSEED",
    "PYTHONWARNINGS",
    "PYTHONIOENCODING",
    "LANG",
    "LC_ALL",
    "TRANSFORMERS_CACHE",
)
EARLY_PREFIXES = ("HF_", "MKL_", "TORCH_")

_server = None


def serve(channel):
    """Forks a child for every request; returns in the child, with what it is to run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 1 << 20, 4)
        if not message:
            os._exit(0)
        *files, status = descriptors
        if os.fork():
            for descriptor in descriptors:
                os.close(descriptor)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # the keeper: starts the child, waits, tells how it ended
        child = os.fork()
        if not child:
            channel.close()
            os.close(status)
            for number, descriptor in enumerate(files):
                os.dup2(descriptor, number)
                os.close(descriptor)
            return json.loads(message)
        for number in (0, 1, 2, *files):
            os.close(number)
        os.write(status, array.array("i", [child]).tobytes())
        os.write(status, array.array("i", [os.waitpid(child, 0)[1]]).tobytes())
        os._exit(0)


def become(request):
    """Makes this process what the request describes: folder, environment, arguments, files and random numbers."""
    import numpy

    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    binary = os.fdopen(1, "wb", 0 if unbuffered else -1, closefd=False)
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(binary, write_through=unbuffered)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    numpy.random.seed()
    words = request["words"]
    kind = words.pop(0) if words[0] in ("-c", "-m") else "file"
    first = {"-c": "", "-m": os.getcwd(), "file": os.path.dirname(os.path.abspath(words[0]))}[kind]
    places = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    sys.path[:0] = [first, *places]
    target = words[0]
    sys.argv = ["-c", *words[1:]] if kind == "-c" else list(words)
    return kind, target


class Popen(subprocess.Popen):
    """As ``subprocess.Popen``; a command of this interpreter is forked from the server."""

    forked = False

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest):
        words = [os.fsdecode(each) for each in args] if isinstance(args, (list, tuple)) else []
        environment = dict(os.environ if env is None else env)
        plain = preexec_fn is None and executable is None and not pass_fds
        if words[:1] != [sys.executable] or len(words) < 2 or not plain or not can_fork(environment):
            super()._execute_child(args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest)
            return
        p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite = rest[3:9]
        request = {"words": words[1:], "cwd": os.path.abspath(cwd or os.getcwd()), "environment": environment}
        self.status, theirs = os.pipe()
        ours = (p2cread, 0), (c2pwrite, 1), (errwrite, 2)
        files = [given if given != -1 else usual for given, usual in ours]
        socket.send_fds(server(), [json.dumps(request).encode()], [*files, theirs])
        os.close(theirs)
        self.forked = self._child_created = True
        self.pid = array.array("i", os.read(self.status, 4))[0]
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)

    def _try_wait(self, wait_flags):
        if not self.forked:
            return super()._try_wait(wait_flags)
        if wait_flags and not select.select([self.status], [], [], 0)[0]:
            return 0, 0
        answer = os.read(self.status, 4)
        os.close(self.status)
        return self.pid, array.array("i", answer)[0] if answer else 255 << 8

    def _internal_poll(self, *arguments, **options):
        if not self.forked:
            return super()._internal_poll(*arguments, **options)
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)
        return self.returncode


def run(words, *, capture_output=False, input=None, timeout=None, check=False, **options):
    """As ``subprocess.run``."""
    if capture_output:
        options.update(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if input is not None:
        options["stdin"] = subprocess.PIPE
    with Popen(words, **options) as process:
        try:
            output, errors = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(words, process.returncode, output, errors)
    if check:
        done.check_returncode()
    return done


def early(environment):
    """What is read before a program begins."""
    return {k: v for k, v in environment.items() if k in EARLY or k.startswith(EARLY_PREFIXES)}


def can_fork(environment):
    """Whether a process of this environment may come from the server."""
    return hasattr(os, "fork") and early(environment) == early(os.environ) and not os.environ.get("MIA_TESTS_COLD")


def server():
    """The channel to this worker's server, which ends with the worker."""
    global _server
    if _server is None:
        _server, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.Popen(
            [sys.executable, __file__],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,  # an interrupt at the terminal is the worker's; the server ends with it
        )
        theirs.close()
    return _server


if __name__ == "__main__":
    import gc
    import importlib
    import runpy
    import types

    del sys.path[0]  # this folder
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):  # not in this era
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what the children share
    kind, target = become(serve(socket.socket(fileno=os.dup(0))))
    if kind == "-m":
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        if kind == "file":
            main.__file__ = target
            with open(target, "rb") as file:
                source = file.read()
        else:
            source = target
        exec(compile(source, target if kind == "file" else "<string>", "exec"), main.__dict__)
