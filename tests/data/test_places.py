import pytest

from mia_plugins.data.places import find_features, find_scope
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("adapter", "place"),
    [
        (MINTREC, "MIntRec"),
        (MINTREC, "."),
        (MINTREC2, "MIntRec2.0/in-scope"),
        (MINTREC2, "in-scope"),
    ],
)
def test_in_scope_folders(tmp_path, adapter, place):
    touch(tmp_path / place / "train.tsv")
    folder, mixed, _ = find_scope(adapter, tmp_path, None)
    assert folder.samefile(tmp_path / place)
    assert not mixed


@pytest.mark.parametrize(
    ("adapter", "place", "name"),
    [
        (MINTREC, "MIntRec-OOD", "MIntRec-OOD"),
        (MINTREC, "TED-OOD", "TED-OOD"),
        (MINTREC, "../MIntRec-OOD", "MIntRec-OOD"),
        (MINTREC2, "MIntRec2.0/out-of-scope/MIntRec2.0-OOD", "MIntRec2.0-OOD"),
        (MINTREC2, "out-of-scope/MIntRec2.0-OOD", "MIntRec2.0-OOD"),
    ],
)
def test_out_of_scope_folders_need_a_test_table_only(tmp_path, adapter, place, name):
    data_path = tmp_path / "data"
    data_path.mkdir()
    touch(data_path / place / "test.tsv")
    folder, mixed, _ = find_scope(adapter, data_path, name)
    assert folder.samefile(data_path / place)
    assert not mixed


@pytest.mark.parametrize("above", ["", "MIntRec2.0"])
def test_total_serves_a_scope_without_a_folder(tmp_path, user_error, above):
    touch(tmp_path / above / "total" / "train.tsv")
    assert find_scope(MINTREC2, tmp_path, None)[:2] == (tmp_path / above / "total", True)
    assert find_scope(MINTREC2, tmp_path, "MIntRec2.0-OOD")[:2] == (tmp_path / above / "total", True)
    with user_error("TED-OOD"):  # total holds the usual out-of-scope clips, not another set's
        find_scope(MINTREC2, tmp_path, "TED-OOD")
    touch(tmp_path / above / "in-scope" / "dev.tsv")
    assert find_scope(MINTREC2, tmp_path, None)[:2] == (tmp_path / above / "in-scope", False)


def test_places_tried_are_named(tmp_path, user_error):
    with user_error("no such folder", tmp_path / "none" / "MIntRec2.0" / "in-scope", tmp_path / "none" / "total"):
        find_scope(MINTREC2, tmp_path / "none", None)
    (tmp_path / "MIntRec").mkdir()
    with user_error(f"data_path {tmp_path}:", tmp_path / "MIntRec", "--data_path"):
        find_scope(MINTREC, tmp_path, None)
    with user_error(tmp_path / "MIntRec-OOD", "--ood_dataset"):
        find_scope(MINTREC, tmp_path, "MIntRec-OOD")


def test_a_folder_that_may_not_be_searched(tmp_path, user_error, unprivileged):
    touch(tmp_path / "data" / "MIntRec" / "train.tsv", tmp_path / "data" / "MIntRec" / "video_data" / "video_feats.pkl")
    for folder in (tmp_path / "data", tmp_path / "data" / "MIntRec"):
        folder.chmod(0)
        with unprivileged(tmp_path), user_error(folder, "cannot be read (Permission denied)", "permissions"):
            find_scope(MINTREC, tmp_path / "data", None)
        with unprivileged(tmp_path), user_error(folder, "cannot be read (Permission denied)", "permissions"):
            find_features(MINTREC.video_files, [tmp_path / "data" / "MIntRec" / "video_data"], None)
        folder.chmod(0o755)


def test_names_that_are_no_text_are_refused(tmp_path, user_error):
    touch(tmp_path / "d\udcff" / "train.tsv")
    with user_error("data_path", "d\\udcff", "not UTF-8"):
        find_scope(MINTREC, tmp_path / "d\udcff", None)
    with user_error("ood_dataset '\\udcff'", "not UTF-8"):
        find_scope(MINTREC, tmp_path, "\udcff")
    with user_error("features '\\udcff.pkl'", "not UTF-8"):
        find_features(MINTREC.video_files, [tmp_path], "\udcff.pkl")


@pytest.mark.parametrize("name", ["n" * 5000, "a\0b"])
def test_names_that_no_file_can_have(tmp_path, user_error, name):
    with user_error("--video_feats"):
        find_features(MINTREC.video_files, [tmp_path], name)


@pytest.mark.parametrize("name", ["../other", "/etc", "a/../../b", "C:\\data", "..\\other", "\\\\server\\share"])
def test_names_that_lead_out_are_refused(tmp_path, user_error, name):
    with user_error("ood_dataset", "MIntRec-OOD"):
        find_scope(MINTREC, tmp_path, name)
    with user_error("features", "resnet-50"):
        find_features(MINTREC.video_files, [tmp_path], name)


def test_the_first_known_kind_that_all_folders_have(tmp_path, user_error):
    folders = [tmp_path / "in", tmp_path / "out"]
    files = {"swin-roi": ("swin_roi.pkl", "swin_roi_binary.pkl"), "resnet-50": ("video_feats.pkl",)}
    touch(folders[0] / "swin_roi.pkl", folders[0] / "video_feats.pkl", folders[1] / "video_feats.pkl")
    assert find_features(files, folders[:1], None) == [folders[0] / "swin_roi.pkl"]
    assert find_features(files, folders, None) == [folder / "video_feats.pkl" for folder in folders]
    with user_error(*folders, "swin_roi.pkl or swin_roi_binary.pkl", "--video_feats"):
        find_features(files, folders, "swin-roi")
    touch(folders[1] / "swin_roi_binary.pkl")
    assert find_features(files, folders, "swin-roi") == [
        folders[0] / "swin_roi.pkl",
        folders[1] / "swin_roi_binary.pkl",
    ]
    assert find_features(files, folders, None)[0].name == "swin_roi.pkl"


def test_a_file_by_its_own_name(tmp_path, user_error):
    touch(tmp_path / "deep" / "mine.pkl")
    assert find_features(MINTREC.video_files, [tmp_path], "deep/mine.pkl") == [tmp_path / "deep/mine.pkl"]
    with user_error("none.pkl", tmp_path, "resnet-50: video_feats.pkl"):
        find_features(MINTREC.video_files, [tmp_path], "none.pkl")
    with user_error(tmp_path, "video_feats.pkl or swin_roi.pkl or swin_feats.pkl"):
        find_features(MINTREC.video_files, [tmp_path], None)


def test_a_folder_in_the_place_of_a_file(tmp_path, user_error):
    files = {"swin-full": ("swin_feats.pkl", "swin_feats_binary.pkl"), "resnet-50": ("video_feats.pkl",)}
    touch(tmp_path / "swin_feats" / "README.txt", tmp_path / "video_feats.pkl")
    assert find_features(files, [tmp_path], None) == [tmp_path / "video_feats.pkl"]  # the folder holds no features
    touch(tmp_path / "swin_feats" / "part0.npz")
    assert find_features(files, [tmp_path], None) == [tmp_path / "swin_feats"]
    assert find_features(files, [tmp_path], "swin-full") == [tmp_path / "swin_feats"]
    assert find_features(files, [tmp_path], "swin_feats") == [tmp_path / "swin_feats"]
    touch(tmp_path / "swin_feats_binary.pkl")
    assert find_features(files, [tmp_path], None) == [tmp_path / "swin_feats_binary.pkl"]
    touch(tmp_path / "other" / "a.npy")
    touch(tmp_path / "v1.2" / "a.npy")
    assert find_features(files, [tmp_path], "other") == [tmp_path / "other"]
    assert find_features(files, [tmp_path], "v1.2") == [tmp_path / "v1.2"]
    for name in ("missing", "\0"):
        with user_error(tmp_path, "--video_feats"):
            find_features(files, [tmp_path], name)
