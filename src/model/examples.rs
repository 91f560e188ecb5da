//! The examples in a page of Markdown: fenced blocks whose info string names a path are files, and those under one heading one small repository.

use super::rule::{Example, ExampleFile};

/// An open code fence: what closes it, and the file it holds.
pub struct Fence {
    pub marker: char,
    length: usize,
    path: Option<String>,
}

/// The lines of a text with their ends.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).chain([text.len()]);
    ends.map(move |end| &text[std::mem::replace(&mut start, end)..end]).filter(|line| !line.is_empty())
}

/// The example projects of a page. `first` is the zero-based line of the page at which `markdown` starts.
pub fn examples(markdown: &str, first: u32) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut title = String::new();
    let mut new = true;
    let mut open: Option<(Fence, usize)> = None;
    let mut next = 0;
    for (at, line) in lines(markdown).enumerate() {
        let line_number = first + at as u32 + 1;
        let start = next;
        next += line.len();
        if let Some((fence, inside)) = open.take_if(|(fence, _)| closes(line, fence)) {
            add(&mut found, fence, &markdown[inside..start], &title, &mut new, line_number);
        } else if open.is_some() {
            continue;
        } else if let Some(fence) = opens(line) {
            open = Some((fence, next));
        } else if line.starts_with('#') {
            title = line.trim_start_matches('#').trim().to_string();
            new = true;
        }
    }
    found
}

/// Adds a closed block to the example at hand, or begins one: after a heading, or when the path is there already.
fn add(found: &mut Vec<Example>, fence: Fence, text: &str, title: &str, new: &mut bool, end: u32) {
    let Some(path) = fence.path else { return };
    let text = text.replace("\r\n", "\n");
    let known = |example: &Example| example.files.iter().any(|file| file.path == path);
    let start = end - text.lines().count() as u32 - 1;
    if *new || found.last().is_none_or(known) {
        found.push(Example { title: title.to_string(), line: start, files: Vec::new() });
        *new = false;
    }
    if let Some(example) = found.last_mut() {
        example.files.push(ExampleFile { path, text });
    }
}

/// The fence a line opens: ```` ```python app/x.py ````.
pub fn opens(line: &str) -> Option<Fence> {
    let trimmed = line.trim_start();
    let marker = trimmed.chars().next().filter(|first| *first == '`' || *first == '~')?;
    let length = trimmed.chars().take_while(|c| *c == marker).count();
    if length < 3 {
        return None;
    }
    let path = trimmed[length..].split_whitespace().nth(1).filter(|word| word.contains(['.', '/']));
    Some(Fence { marker, length, path: path.map(str::to_string) })
}

/// The line that closes it.
pub fn closes(line: &str, fence: &Fence) -> bool {
    let trimmed = line.trim();
    trimmed.chars().all(|c| c == fence.marker) && trimmed.chars().count() >= fence.length
}
