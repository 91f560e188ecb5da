//! A pack: many records in one file that never changes once it has its name.
//!
//! ```text
//! magic (8)  build (16)  records …  slots: key (16) offset (8) length (4) check (8), sorted by key  …
//! footer: offset of the slots (8)  number of slots (8)  check of all slots (16)  magic (8)
//! ```
//! Numbers are little-endian. Each record has a check of its own, which is looked at when it is read: a damaged record costs only itself.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{BUILD, Key, read_at};

const MAGIC: [u8; 8] = *b"archpack";
const HEADER: u64 = 24;
const SLOT: usize = 36;
const FOOTER: usize = 40;
/// No pack has more records.
const MAX_SLOTS: u64 = 1 << 22;
/// No record is longer.
const MAX_RECORD: u32 = 1 << 28;
/// Packs kept beside each other before small ones are joined.
const MOST_PACKS: usize = 12;
/// What may be kept in any case.
const FLOOR: u64 = 64 << 20;

/// Why a file is no pack that can be read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    #[error("it is not a file of facts, or it is damaged")]
    Damaged,
    #[error("another build of archcheck made it")]
    OtherBuild,
}

/// True for a file that says it is a pack.
pub fn is_pack(path: &Path) -> bool {
    let mut magic = [0; 8];
    File::open(path).is_ok_and(|file| read_at(&file, &mut magic, 0).is_ok()) && magic == MAGIC
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    key: Key,
    offset: u64,
    length: u32,
    check: [u8; 8],
}

/// A pack that was opened.
pub(super) struct Pack {
    file: File,
    slots: Vec<Slot>,
    /// Parallel to `slots`: this run read it.
    used: Vec<AtomicBool>,
    bytes: u64,
    /// Set for the cache's own, which may be thrown away.
    own: Option<PathBuf>,
}

impl Pack {
    /// A pack of the cache itself.
    pub(super) fn own(path: PathBuf) -> Result<Pack, PackError> {
        Ok(Pack { own: Some(path.clone()), ..Pack::open(&path)? })
    }

    pub(super) fn open(path: &Path) -> Result<Pack, PackError> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let bytes = metadata.len();
        if !metadata.is_file() || bytes < HEADER + FOOTER as u64 {
            return Err(PackError::Damaged);
        }
        let mut header = [0; HEADER as usize];
        read_at(&file, &mut header, 0)?;
        let mut footer = [0; FOOTER];
        read_at(&file, &mut footer, bytes - FOOTER as u64)?;
        if header[..8] != MAGIC || footer[32..] != MAGIC {
            return Err(PackError::Damaged);
        }
        if header[8..] != build() {
            return Err(PackError::OtherBuild);
        }
        let (start, count) = (number(&footer[..8]), number(&footer[8..16]));
        let whole =
            count.checked_mul(SLOT as u64).and_then(|length| start.checked_add(length)).and_then(|end| end.checked_add(FOOTER as u64));
        if count > MAX_SLOTS || whole != Some(bytes) {
            return Err(PackError::Damaged);
        }
        let mut table = vec![0; count as usize * SLOT];
        read_at(&file, &mut table, start)?;
        if Key::of(&[&table]).0 != footer[16..32] {
            return Err(PackError::Damaged);
        }
        let slots: Vec<Slot> = table.chunks_exact(SLOT).map(slot).collect();
        let used = slots.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Pack { file, slots, used, bytes, own: None })
    }

    pub(super) fn get(&self, key: Key) -> Option<Vec<u8>> {
        let at = self.slots.binary_search_by_key(&key, |slot| slot.key).ok()?;
        let record = self.read(&self.slots[at])?;
        self.used[at].store(true, Ordering::Relaxed);
        Some(record)
    }

    /// True when there is a record of this key, whole or not.
    pub(super) fn has(&self, key: Key) -> bool {
        self.slots.binary_search_by_key(&key, |slot| slot.key).is_ok()
    }

    fn read(&self, slot: &Slot) -> Option<Vec<u8>> {
        if slot.length > MAX_RECORD || slot.offset.checked_add(u64::from(slot.length))? > self.bytes {
            return None;
        }
        let mut record = vec![0; slot.length as usize];
        read_at(&self.file, &mut record, slot.offset).ok()?;
        (check(&record) == slot.check).then_some(record)
    }
}

fn slot(bytes: &[u8]) -> Slot {
    let mut key = [0; 16];
    key.copy_from_slice(&bytes[..16]);
    let mut check = [0; 8];
    check.copy_from_slice(&bytes[28..36]);
    let length = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
    Slot { key: Key(key), offset: number(&bytes[16..24]), length, check }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn build() -> [u8; 16] {
    Key::of(&[BUILD.as_bytes()]).0
}

fn check(record: &[u8]) -> [u8; 8] {
    let mut check = [0; 8];
    check.copy_from_slice(&blake3::hash(record).as_bytes()[..8]);
    check
}

/// Writes records and then the table of slots.
struct Writer<W: Write> {
    out: W,
    slots: Vec<Slot>,
    known: HashSet<Key>,
    at: u64,
}

impl<W: Write> Writer<W> {
    fn new(mut out: W) -> io::Result<Writer<W>> {
        out.write_all(&MAGIC)?;
        out.write_all(&build())?;
        Ok(Writer { out, slots: Vec::new(), known: HashSet::new(), at: HEADER })
    }

    fn add(&mut self, key: Key, record: &[u8]) -> io::Result<()> {
        let Some(length) = u32::try_from(record.len()).ok().filter(|length| *length <= MAX_RECORD) else { return Ok(()) };
        if self.slots.len() as u64 >= MAX_SLOTS || !self.known.insert(key) {
            return Ok(());
        }
        self.out.write_all(record)?;
        self.slots.push(Slot { key, offset: self.at, length, check: check(record) });
        self.at += u64::from(length);
        Ok(())
    }

    /// Ends it; the name a pack of these records has.
    fn finish(mut self) -> io::Result<(W, Key)> {
        self.slots.sort_unstable();
        let mut table = Vec::with_capacity(self.slots.len() * SLOT);
        for slot in &self.slots {
            table.extend(slot.key.0);
            table.extend(slot.offset.to_le_bytes());
            table.extend(slot.length.to_le_bytes());
            table.extend(slot.check);
        }
        let name = Key::of(&[&table]);
        self.out.write_all(&table)?;
        self.out.write_all(&self.at.to_le_bytes())?;
        self.out.write_all(&(self.slots.len() as u64).to_le_bytes())?;
        self.out.write_all(&name.0)?;
        self.out.write_all(&MAGIC)?;
        self.out.flush()?;
        Ok((self.out, name))
    }
}

/// Writes records as a pack; equal records in equal order give equal bytes.
pub fn write_pack(out: &mut dyn Write, records: &[(Key, Vec<u8>)]) -> io::Result<()> {
    let mut writer = Writer::new(out)?;
    for (key, record) in records {
        writer.add(*key, record)?;
    }
    writer.finish().map(|_| ())
}

/// The pack in the making: a temporary file, which goes away unless it is finished.
pub(super) struct Pending {
    path: PathBuf,
    started: Option<i128>,
    writer: Option<io::Result<Writer<BufWriter<File>>>>,
}

impl Pending {
    pub(super) fn new((path, file): (PathBuf, File)) -> Pending {
        let started = file.metadata().ok().and_then(|metadata| super::stamps::modified(&metadata));
        Pending { path, started, writer: Some(Writer::new(BufWriter::with_capacity(1 << 16, file))) }
    }

    /// The file system's time when it was made, in nanoseconds.
    pub(super) fn started(&self) -> Option<i128> {
        self.started
    }

    pub(super) fn add(&mut self, key: Key, record: &[u8]) {
        if let Some(Ok(writer)) = &mut self.writer
            && let Err(error) = writer.add(key, record)
        {
            self.writer = Some(Err(error));
        }
    }

    /// Gives the file its name in the folder, together with what is worth keeping of packs that are one too many. False when there was nothing to keep.
    pub(super) fn finish(mut self, packs: &[Pack], folder: &Path) -> io::Result<bool> {
        let Some(writer) = self.writer.take() else { return Ok(false) };
        let mut writer = writer?;
        if writer.slots.is_empty() {
            return Ok(false);
        }
        let joined = too_many(packs, writer.at);
        copy(&joined, &mut writer)?;
        let (out, name) = writer.finish()?;
        drop(out.into_inner().map_err(|error| error.into_error())?);
        let target = folder.join(format!("{}.pack", name.hex()));
        std::fs::rename(&self.path, &target)?;
        for pack in joined {
            if let Some(path) = pack.own.as_ref().filter(|path| **path != target) {
                // Another run may have been quicker.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(true)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // After `finish` nothing has this name any more.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The packs to join with the new one: none while they are few and small, the small ones when they are many, all when they hold too much.
fn too_many(packs: &[Pack], new: u64) -> Vec<&Pack> {
    let own: Vec<&Pack> = packs.iter().filter(|pack| pack.own.is_some()).collect();
    let total: u64 = own.iter().map(|pack| pack.bytes).sum::<u64>() + new;
    if total > limit(&own, new) {
        return own;
    }
    if own.len() < MOST_PACKS {
        return Vec::new();
    }
    let largest = own.iter().enumerate().max_by_key(|(_, pack)| pack.bytes).map(|(at, _)| at);
    own.into_iter().enumerate().filter(|(at, _)| Some(*at) != largest).map(|(_, pack)| pack).collect()
}

/// How much may be kept beside what this run used and made.
fn limit(packs: &[&Pack], new: u64) -> u64 {
    let live: u64 = packs.iter().map(|pack| pack.used_bytes()).sum();
    FLOOR.max((live + new).saturating_mul(4))
}

impl Pack {
    fn used_bytes(&self) -> u64 {
        self.slots.iter().zip(&self.used).filter(|(_, used)| used.load(Ordering::Relaxed)).map(|(slot, _)| u64::from(slot.length)).sum()
    }
}

/// Takes over what this run used, and of the rest, the newest first, as much as half the limit holds.
fn copy(packs: &[&Pack], writer: &mut Writer<BufWriter<File>>) -> io::Result<()> {
    let most = limit(packs, writer.at) / 2;
    for wanted in [true, false] {
        for pack in packs {
            for (slot, used) in pack.slots.iter().zip(&pack.used) {
                if used.load(Ordering::Relaxed) == wanted
                    && (wanted || writer.at + u64::from(slot.length) <= most)
                    && let Some(record) = pack.read(slot)
                {
                    writer.add(slot.key, &record)?;
                }
            }
        }
    }
    Ok(())
}

/// The whole of a small file, unless it is longer than `most`.
pub(super) fn read_small(path: &Path, most: u64) -> Option<Vec<u8>> {
    use std::io::Read;
    let named = std::fs::symlink_metadata(path).ok()?;
    if !named.is_file() || named.len() > most {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(most + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

/// Bytes with a check before them, as small files have it.
pub(super) fn sealed(content: &[u8]) -> Vec<u8> {
    let mut bytes = Key::of(&[&build(), content]).0.to_vec();
    bytes.extend(content);
    bytes
}

/// What [`sealed`] was given, if it is whole and of this build.
pub(super) fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let (seal, content) = bytes.split_at_checked(16)?;
    (Key::of(&[&build(), content]).0 == *seal).then_some(content)
}
