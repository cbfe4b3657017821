"""One set of talking clips for all tests of the extraction; without its packages they are skipped."""

import pytest

for needed in ("av", "PIL", "espeakng_loader"):
    pytest.importorskip(needed)


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """A folder of good and bad clips."""
    from mia_plugins.simulate import talking

    folder = tmp_path_factory.mktemp("clips")
    talking.talk(folder / "help.mp4")
    talking.turned(talking.talk(folder / "turned.mp4", pictures=3, sound=False), 90)
    talking.talk(folder / "silent.mp4", pictures=1, silent=True)
    talking.talk(folder / "uneven.mkv", pictures=10, times=[0, 10, 20, 30, 40, 500, 510, 520, 900, 1000])
    talking.talk(folder / "sound.wav", "no, thank you.", pictures=0)
    (folder / "broken.mp4").write_bytes((folder / "help.mp4").read_bytes()[:6000])
    (folder / "empty.mov").write_bytes(b"")
    (folder / "list.mp4").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{folder / 'help.mp4'}\n#EXT-X-ENDLIST\n"
    )
    (folder / "notes.txt").write_text("no clip")
    return folder
