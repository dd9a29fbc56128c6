# SPDX-License-Identifier: GPL-2.0-or-later
"""The process that plays a machine's sound, with this test in the machine's place: into a file, and
through a PipeWire of the distribution's with a sink that no card is behind."""
import array
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from builds import tenon
from guest import wave
from sound_machine import Machine

# With a large quantum, because nothing here has a real-time priority.
SINK = """context.properties = { default.clock.min-quantum = 2048 }
context.objects = [ { factory = adapter args = {
    factory.name = support.null-audio-sink node.name = test-sink media.class = Audio/Sink object.linger = true
    audio.position = [ FL FR ] audio.rate = 48000 priority.session = 2000 priority.driver = 20000 } } ]
"""
NEEDED = ["pipewire", "wireplumber", "pw-record", "pw-play", "pw-cli", "dbus-run-session"]
SECOND = wave.RATE
# On a busy machine this test itself is late, and then there is a gap. One try without shows that none need be.
TRIES = 5


def runs(heard):
    """The uninterrupted parts of the pattern: where each begins, and how long it is."""
    found, begin = [], None
    for at in range(1, len(heard)):
        if (heard[at] - heard[at - 1]) & 0xffffffff == wave.STEP:
            begin = at - 1 if begin is None else begin
        elif begin is not None:
            found.append((begin, at - begin))
            begin = None
    return found + ([(begin, len(heard) - begin)] if begin is not None else [])


def longest(heard):
    return max((length for _, length in runs(heard)), default=0)


class Session:
    """A session with PipeWire in directory."""

    def __init__(self, directory):
        self.directory = directory
        directory.chmod(0o700)
        config = directory / "config/pipewire/pipewire.conf.d"
        config.mkdir(parents=True)
        (config / "sink.conf").write_text(SINK)
        self.env = {**os.environ, "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory),
                    "XDG_CONFIG_HOME": str(directory / "config"),
                    "XDG_STATE_HOME": str(directory / "state")}
        for name in ("DBUS_SESSION_BUS_ADDRESS", "PIPEWIRE_REMOTE", "PIPEWIRE_RUNTIME_DIR"):
            self.env.pop(name, None)
        self.started = []

    def start(self, *argv):
        with open(self.directory / f"{pathlib.Path(argv[0]).name}.log", "ab") as log:
            self.started.append(subprocess.Popen(argv, env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=log, start_new_session=True))
        return self.started[-1]

    def nodes(self):
        done = subprocess.run(["pw-cli", "ls", "Node"], env=self.env, text=True, timeout=10, check=False,
                              capture_output=True)
        return done.stdout

    def up(self):
        self.start("pipewire")
        self.await_node("test-sink")
        self.start("dbus-run-session", "--", "wireplumber")

    def await_node(self, name):
        end = time.monotonic() + 30
        while name not in self.nodes():
            assert time.monotonic() < end, f"no {name}: {self.nodes()}"
            time.sleep(0.2)

    def down(self):
        for process in reversed(self.started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.started = []
        for name in ("pipewire-0", "pipewire-0.lock"):
            (self.directory / name).unlink(missing_ok=True)

    def recorder(self, path):
        """Records what the sink plays."""
        process = self.start("pw-record", "-P", "{ stream.capture.sink=true node.name=test-recorder }", "--target",
                             "test-sink", "--rate", "48000", "--channels", "2", "--format", "s16", str(path))
        end = time.monotonic() + 30
        while not path.exists() or path.stat().st_size < 10000:
            assert time.monotonic() < end, "pw-record hears nothing"
            time.sleep(0.1)
        return process

    def recorded(self, process, path):
        process.send_signal(signal.SIGINT)
        process.wait(10)
        data = path.read_bytes()[44:]
        return array.array("I", data[:len(data) // 4 * 4])


@pytest.fixture(scope="module", name="session")
def fixture_session(tmp_path_factory):
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    session = Session(tmp_path_factory.mktemp("session"))
    try:
        session.up()
        yield session
    finally:
        session.down()


def test_sound_file(tmp_path):
    """A file gets what is played, and the guest hears the other one, without a gap."""
    played, heard = wave.frames(1, SECOND), wave.frames(7, 3 * SECOND)
    wave.write(tmp_path / "in.wav", heard)
    machine = Machine(tenon(), "file", "/nonexistent", tmp_path / "said", tmp_path / "out.wav",
                      tmp_path / "in.wav", offset=44, size=len(heard))
    machine.run(plays=True, records=True)
    machine.play(played)
    # What this test was too late for is still there.
    got = machine.record(1)
    machine.run()
    assert machine.end() == 0
    wave.compare(tmp_path / "out.wav", played)
    assert len(runs(got)) == 1 and longest(got) > SECOND // 2, runs(got)


def test_sound_file_is_bounded(tmp_path):
    """A file that is full gets no more, and is whole."""
    machine = Machine(tenon(), "file", "/nonexistent", tmp_path / "said", tmp_path / "out.wav", most=4044)
    machine.run(plays=True)
    machine.play(wave.frames(1, SECOND // 2))
    machine.run()
    assert machine.end() == 0
    assert wave.read(tmp_path / "out.wav") == wave.frames(1, 1000)
    assert "the file is full" in (tmp_path / "said").read_text()


def test_sound_pipewire(session, tmp_path):
    """What the guest plays arrives at PipeWire's sink bit for bit."""
    for n in range(TRIES):
        recorder = session.recorder(tmp_path / f"{n}.wav")
        machine = Machine(tenon(), "pipewire", session.directory, tmp_path / "said")
        machine.run(plays=True)
        machine.play(wave.frames(1, 2 * SECOND))
        time.sleep(0.5)
        machine.run()
        assert machine.end() == 0
        got = session.recorded(recorder, tmp_path / f"{n}.wav")
        assert "tenon-playback" not in session.nodes()
        if longest(got) >= SECOND:
            break
    else:
        pytest.fail(f"only gaps: {runs(got)}\n{(tmp_path / 'said').read_text()}")


def test_sound_capture(session, tmp_path):
    """The guest hears what is played to the sink, which is the source here, bit for bit."""
    wave.write(tmp_path / "in.wav", wave.frames(1, 4 * SECOND))
    for _ in range(TRIES):
        machine = Machine(tenon(), "pipewire", session.directory, tmp_path / "said")
        session.start("pw-play", "--target", "test-sink", str(tmp_path / "in.wav"))
        assert "tenon-capture" not in session.nodes()
        machine.run(records=True)
        got = machine.record(3)
        machine.run()
        assert machine.end() == 0
        if longest(got) >= SECOND:
            break
    else:
        pytest.fail(f"only gaps: {runs(got)}\n{(tmp_path / 'said').read_text()}")


def test_sound_restart(session, tmp_path):
    """PipeWire that is not there, ends and comes back: said once each, and the sound goes on."""
    session.down()
    machine = Machine(tenon(), "pipewire", session.directory, tmp_path / "said")
    machine.run(plays=True)
    machine.play(wave.frames(1, 3 * SECOND))
    session.up()
    session.await_node("tenon-playback")
    session.down()
    machine.play(wave.frames(1, 3 * SECOND))
    session.up()
    session.await_node("tenon-playback")
    machine.run()
    assert machine.end() == 0
    said = (tmp_path / "said").read_text()
    assert said.count("no PipeWire at") == 1 and said.count("PipeWire has ended") == 1, said
