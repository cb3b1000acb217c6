from pathlib import Path

from mien.privacy.exports import exports_in, remove_export


def test_files_and_folders_go_and_links_lead_nowhere(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "exports"
    assert exports_in(folder) == []
    (folder / "sheet").mkdir(parents=True)
    (folder / "sheet" / "index.html").write_text("")
    (folder / "gallery.mien").write_text("")
    outside.mkdir()
    (outside / "kept").write_text("")
    (folder / "link").symlink_to(outside)

    for path in exports_in(folder):
        remove_export(path)

    assert exports_in(folder) == [] and (outside / "kept").exists()
