use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn key(at: u32) -> Key {
    Key::of(&[&at.to_le_bytes()])
}

fn record(at: u32) -> Vec<u8> {
    at.to_le_bytes().repeat(1 + at as usize % 9)
}

fn open(root: &Path) -> Cache {
    let (cache, troubles) = Cache::open(root, Some(&Place::Root), &[], None);
    assert_eq!(troubles, Vec::<String>::new());
    cache
}

fn keep(root: &Path, records: std::ops::Range<u32>) {
    let mut cache = open(root);
    records.for_each(|at| cache.put(key(at), &record(at)));
    assert_eq!(cache.save(), None);
}

fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let folder = root.join(FOLDER).join(BUILD);
    let mut found: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.extension().is_some_and(|own| own == extension));
    found.sort();
    found
}

#[test]
fn what_is_kept_is_there_the_next_time() {
    let root = tempfile::tempdir().expect("a folder");
    keep(root.path(), 0..100);
    keep(root.path(), 90..130);
    let cache = open(root.path());
    for at in 0..130 {
        assert_eq!(cache.get(key(at)), Some(record(at)));
    }
    assert_eq!(cache.get(key(130)), None);
    drop(cache);
    assert_eq!(files(root.path(), "tmp"), Vec::<PathBuf>::new());
    assert_eq!(fs::read_to_string(root.path().join(FOLDER).join(".gitignore")).expect("a file"), "*\n");
}

#[test]
fn a_damaged_pack_gives_its_records_or_nothing() {
    let root = tempfile::tempdir().expect("a folder");
    keep(root.path(), 0..8);
    let path = files(root.path(), "pack").remove(0);
    let whole = fs::read(&path).expect("a pack");
    let all_right = |cut: &[u8]| {
        fs::write(&path, cut).expect("written");
        let cache = open(root.path());
        for at in 0..8 {
            assert!(cache.get(key(at)).is_none_or(|found| found == record(at)));
        }
    };
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        all_right(&damaged);
        all_right(&whole[..at]);
    }
    all_right(&[whole.clone(), whole.clone()].concat());
    all_right(&[b'x'; 4096]);
}

#[test]
fn numbers_that_lie_ask_for_no_memory() {
    let root = tempfile::tempdir().expect("a folder");
    keep(root.path(), 0..2);
    let path = files(root.path(), "pack").remove(0);
    let whole = fs::read(&path).expect("a pack");
    for lie in [u64::MAX, u64::MAX / 36, 1 << 40, whole.len() as u64] {
        for at in [whole.len() - 40, whole.len() - 32] {
            let mut damaged = whole.clone();
            damaged[at..at + 8].copy_from_slice(&lie.to_le_bytes());
            fs::write(&path, damaged).expect("written");
            assert_eq!(open(root.path()).get(key(0)), None);
        }
    }
}

#[test]
fn many_runs_leave_few_files_and_lose_nothing() {
    let root = tempfile::tempdir().expect("a folder");
    for run in 0..40 {
        keep(root.path(), run * 5..run * 5 + 5);
    }
    assert!(files(root.path(), "pack").len() <= 13);
    let cache = open(root.path());
    for at in 0..200 {
        assert_eq!(cache.get(key(at)), Some(record(at)));
    }
}

#[test]
fn what_no_run_uses_goes_when_it_is_too_much() {
    let root = tempfile::tempdir().expect("a folder");
    let large = vec![7; 9 << 20];
    for run in 0..12 {
        let mut cache = open(root.path());
        cache.get(key(0));
        cache.put(key(run), &large);
        cache.save();
    }
    let total: u64 = files(root.path(), "pack").iter().map(|path| path.metadata().expect("a file").len()).sum();
    assert!(total < 96 << 20, "{total}");
    assert!(open(root.path()).get(key(0)).is_some());
    assert!(open(root.path()).get(key(11)).is_some());
}

#[test]
fn outcomes_and_stamps_are_whole_or_not_there() {
    let root = tempfile::tempdir().expect("a folder");
    let cache = open(root.path());
    for at in 0..40 {
        cache.save_outcome(key(at), &record(at));
    }
    assert_eq!(cache.outcome(key(39)), Some(record(39)));
    assert_eq!(files(root.path(), "outcome").len(), 16);
    let path = root.path().join(FOLDER).join(BUILD).join(format!("{}.outcome", key(39).hex()));
    let whole = fs::read(&path).expect("a file");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).expect("written");
        assert_eq!(cache.outcome(key(39)), None);
        fs::write(&path, &whole[..at]).expect("written");
        assert_eq!(cache.outcome(key(39)), None);
    }
    let file = root.path().join("a.py");
    fs::write(&file, "x").expect("written");
    let stamps = Stamps::new(1, vec![("a.py".to_string(), Stamp { stat: stat(&file).expect("a file"), seen: Seen::Text(key(1)) })]);
    cache.save_stamps(&stamps);
    assert_eq!(cache.stamps(), stamps);
}

#[test]
fn a_file_that_was_just_written_is_looked_at_again() {
    let root = tempfile::tempdir().expect("a folder");
    let file = root.path().join("a.py");
    fs::write(&file, "x").expect("written");
    let now = stat(&file).expect("a file");
    let stamp = Stamp { stat: now, seen: Seen::Text(key(1)) };
    let second = 1_000_000_000;
    let written = stamps::modified(&file.metadata().expect("a file")).expect("a time");
    let taken = |seconds: i128| Stamps::new(written + seconds * second, vec![("a.py".to_string(), stamp)]);
    assert!(!taken(0).vouch(&stamp, &now));
    assert!(!taken(1).vouch(&stamp, &now));
    assert!(taken(10).vouch(&stamp, &now));
    fs::write(&file, "y").expect("written");
    let later = stat(&file).expect("a file");
    assert!(later == now || !taken(10).vouch(&stamp, &later));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_not_ours_is_not_used() {
    use std::os::unix::fs::symlink;
    let trouble = |root: &Path| {
        let (mut cache, mut troubles) = Cache::open(root, Some(&Place::Root), &[], None);
        cache.put(key(1), b"x");
        assert_eq!((cache.get(key(0)), cache.save()), (None, None));
        troubles.pop().expect("a trouble")
    };
    let elsewhere = tempfile::tempdir().expect("a folder");
    keep(elsewhere.path(), 0..3);

    let root = tempfile::tempdir().expect("a folder");
    symlink(elsewhere.path().join(FOLDER), root.path().join(FOLDER)).expect("a link");
    assert!(trouble(root.path()).ends_with("is a link"));

    let root = tempfile::tempdir().expect("a folder");
    fs::write(root.path().join(FOLDER), "").expect("a file");
    assert!(trouble(root.path()).ends_with("is no folder"));

    // As a checkout brings it: the same files in another folder.
    let root = tempfile::tempdir().expect("a folder");
    let copy = root.path().join(FOLDER);
    fs::create_dir_all(copy.join(BUILD)).expect("a folder");
    for name in [".gitignore", "made-here"] {
        fs::copy(elsewhere.path().join(FOLDER).join(name), copy.join(name)).expect("a copy");
    }
    for path in files(elsewhere.path(), "pack") {
        fs::copy(&path, copy.join(BUILD).join(path.file_name().expect("a name"))).expect("a copy");
    }
    assert!(trouble(root.path()).contains("was not made here"));
    let (cache, troubles) = Cache::open(root.path(), Some(&Place::Named(copy)), &[], None);
    assert_eq!((cache.get(key(0)), troubles.len()), (Some(record(0)), 0));

    // A link in the place of a pack leads nowhere.
    let root = tempfile::tempdir().expect("a folder");
    keep(root.path(), 10..12);
    symlink(files(elsewhere.path(), "pack").remove(0), root.path().join(FOLDER).join(BUILD).join("00.pack")).expect("a link");
    assert_eq!(open(root.path()).get(key(0)), None);
}

#[test]
fn packs_of_others_are_read_and_told_of_when_they_are_wrong() {
    let root = tempfile::tempdir().expect("a folder");
    let path = root.path().join("facts");
    let records: Vec<(Key, Vec<u8>)> = (0..5).map(|at| (key(at), record(at))).collect();
    let mut bytes = Vec::new();
    write_pack(&mut bytes, &records).expect("written");
    fs::write(&path, &bytes).expect("written");
    assert!(is_pack(&path));
    let (cache, troubles) = Cache::open(root.path(), None, std::slice::from_ref(&path), None);
    assert_eq!((cache.get(key(4)), troubles.len()), (Some(record(4)), 0));
    bytes[8] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let (cache, troubles) = Cache::open(root.path(), None, std::slice::from_ref(&path), None);
    assert_eq!(cache.get(key(4)), None);
    assert!(troubles[0].ends_with("another build of archcheck made it"), "{troubles:?}");
}
