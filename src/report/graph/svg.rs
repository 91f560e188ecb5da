//! A picture as SVG, drawn here: boxes in layers, importers above what they import.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Stroke, detail, stroke, title};
use crate::graph::layout::{Line, Point, layered};
use crate::model::role::Role;
use crate::model::view::{Arrow, Block, Level, Picture, Relation};

const MARGIN: f64 = 24.0;
const BOX_HEIGHT: f64 = 42.0;
const PADDING: f64 = 12.0;
const LEGEND_LINE: f64 = 18.0;
/// Letters of a label; longer ones lose their middle.
const LABEL: usize = 38;

/// Writes the picture as one SVG document.
pub fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let labels: Vec<String> = picture.blocks.iter().map(|block| shortened(&block.label)).collect();
    let sizes: Vec<(f64, f64)> = picture.blocks.iter().zip(&labels).map(|(block, label)| (box_width(block, label), BOX_HEIGHT)).collect();
    let edges: Vec<(u32, u32, u64)> = picture.arrows.iter().map(|arrow| (arrow.from, arrow.to, u64::from(arrow.weight))).collect();
    let drawing = layered(&sizes, &edges);
    let legend = legend(picture);
    let legend_width = legend.iter().map(|line| text_width(line, 12.0)).fold(0.0, f64::max);
    let width = (drawing.width.max(legend_width) + 2.0 * MARGIN).ceil();
    let top = MARGIN + LEGEND_LINE * legend.len() as f64 + 8.0;
    let height = (top + drawing.height + MARGIN).ceil();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\">"
    );
    text += STYLE;
    let _ = writeln!(text, "<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>");
    for (at, line) in legend.iter().enumerate() {
        let class = if at == 0 { "head" } else { "note" };
        let _ = writeln!(
            text,
            "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
            number(MARGIN + LEGEND_LINE * at as f64 + 6.0),
            escaped(line)
        );
    }
    let _ = writeln!(text, "<g transform=\"translate({MARGIN} {})\">", number(top));
    let heaviest = picture.arrows.iter().map(|arrow| arrow.weight).max().unwrap_or(1);
    let mut numbers: Vec<Point> = Vec::new();
    // What is wrong is drawn last, over everything else.
    for wrong in [false, true] {
        for arrow in picture.arrows.iter().filter(|arrow| arrow.broken.is_some() == wrong) {
            if let Some(line) = drawing.lines.iter().find(|line| (line.from, line.to) == (arrow.from, arrow.to)) {
                draw_arrow(&mut text, picture, arrow, line, heaviest, &mut numbers);
            }
        }
    }
    for ((block, label), (place, size)) in picture.blocks.iter().zip(&labels).zip(drawing.boxes.iter().zip(&sizes)) {
        draw_box(&mut text, block, label, *place, *size);
    }
    text += "</g>\n</svg>\n";
    out.write_all(text.as_bytes())
}

const STYLE: &str = "<style>
.ground{fill:#ffffff}.head{font-size:14px;font-weight:600;fill:#1f2328}.note{font-size:12px;fill:#59636e}
.label{font-size:12.5px;font-weight:600;fill:#1f2328}.detail{font-size:10.5px;fill:#59636e}
.box{stroke-width:1.2}.focus{stroke-width:3}
.arrow{fill:none;stroke:#8c959f}.dashed{stroke-dasharray:6 4}.dotted{stroke-dasharray:2 3}.wrong{stroke:#d1242f}
.tip{fill:#8c959f}.wrongtip{fill:#d1242f}.weight{font-size:10px;fill:#59636e;text-anchor:middle}.halo{stroke:#ffffff;stroke-width:3px;stroke-linejoin:round}.wrongweight{fill:#d1242f;font-weight:600}
</style>
";

/// The title, then what is not in the picture.
fn legend(picture: &Picture) -> Vec<String> {
    let things = match picture.blocks.first().map(|block| block.level) {
        Some(Level::Function) => "functions",
        Some(Level::Layer) => "layers",
        _ => "files and folders",
    };
    let verb = match picture.relation {
        Relation::Imports => "imports",
        Relation::Calls => "calls",
    };
    let wrong = picture.arrows.iter().filter(|arrow| arrow.broken.is_some()).count();
    let mut lines = vec![format!("{} {things}, {} arrows: each {verb} what it points to", picture.blocks.len(), picture.arrows.len())];
    if wrong > 0 {
        lines.push(format!("Red: {wrong} with findings of the rules layer-violation, layer-skip, contract or import-cycle"));
    }
    lines.extend(picture.notes.iter().map(|note| sentence(note)));
    lines
}

fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn draw_box(text: &mut String, block: &Block, label: &str, place: Point, (width, height): (f64, f64)) {
    let (fill, border) = colors(block);
    let class = if block.focus { "box focus" } else { "box" };
    let _ = writeln!(text, "<g><title>{}</title>", escaped(&block.id));
    let _ = writeln!(
        text,
        "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{fill}\" stroke=\"{border}\"/>",
        number(place.x),
        number(place.y),
        number(width),
        number(height)
    );
    let detail = detail(block);
    let middle = place.y + height / 2.0;
    let first = if detail.is_empty() { middle + 4.0 } else { middle - 3.0 };
    let x = number(place.x + PADDING);
    let _ = writeln!(text, "<text class=\"label\" x=\"{x}\" y=\"{}\">{}</text>", number(first), escaped(label));
    if !detail.is_empty() {
        let _ = writeln!(text, "<text class=\"detail\" x=\"{x}\" y=\"{}\">{}</text>", number(middle + 13.0), escaped(&detail));
    }
    *text += "</g>\n";
}

/// A curve through the points of a line, vertical where it leaves and enters, and a tip.
fn draw_arrow(text: &mut String, picture: &Picture, arrow: &Arrow, line: &Line, heaviest: u32, numbers: &mut Vec<Point>) {
    let (Some(&first), Some(&last)) = (line.points.first(), line.points.last()) else { return };
    const TIP: f64 = 7.0;
    let upward = if first.y > last.y { -1.0 } else { 1.0 };
    let end = Point { x: last.x, y: last.y - upward * TIP };
    let mut path = format!("M{} {}", number(first.x), number(first.y));
    let mut from = first;
    for (at, &point) in line.points.iter().enumerate().skip(1) {
        let to = if at + 1 == line.points.len() { end } else { point };
        if (from.x - to.x).abs() < 0.5 {
            let _ = write!(path, " L{} {}", number(to.x), number(to.y));
        } else {
            let half = (to.y - from.y) * 0.5;
            let _ = write!(
                path,
                " C{} {} {} {} {} {}",
                number(from.x),
                number(from.y + half),
                number(to.x),
                number(to.y - half),
                number(to.x),
                number(to.y)
            );
        }
        from = to;
    }
    let share = f64::from(arrow.weight).ln_1p() / f64::from(heaviest).ln_1p().max(0.7);
    let thick = 1.0 + 2.0 * share;
    let dash = match stroke(arrow) {
        Stroke::Solid => "",
        Stroke::Dashed => " dashed",
        Stroke::Dotted => " dotted",
    };
    let wrong = arrow.broken.is_some();
    let _ = writeln!(text, "<g><title>{}</title>", escaped(&title(picture, arrow)));
    let class = if wrong { " wrong" } else { "" };
    let _ = writeln!(text, "<path class=\"arrow{dash}{class}\" stroke-width=\"{}\" d=\"{path}\"/>", number(thick));
    let spread = 3.2 + thick * 0.6;
    let _ = writeln!(
        text,
        "<path class=\"{}\" d=\"M{} {} L{} {} L{} {} Z\"/>",
        if wrong { "wrongtip" } else { "tip" },
        number(last.x),
        number(last.y),
        number(last.x - spread),
        number(last.y - upward * (TIP + 1.0)),
        number(last.x + spread),
        number(last.y - upward * (TIP + 1.0))
    );
    if arrow.weight > 1 {
        let class = if wrong { "weight wrongweight" } else { "weight" };
        // Below a number that stands there already; where three stand, none is missed.
        let free = |y: &f64| numbers.iter().all(|other| (other.x - first.x).abs() > 13.0 || (other.y - y).abs() > 9.0);
        let step = |at: u32| first.y + upward * (14.0 + 10.5 * f64::from(at)) + if upward < 0.0 { 4.0 } else { 0.0 };
        let Some(y) = (0..3).map(step).find(free) else {
            *text += "</g>\n";
            return;
        };
        numbers.push(Point { x: first.x, y });
        // White round the number, so that it can be read on its line.
        for class in ["weight halo", class] {
            let _ = writeln!(text, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", number(first.x), number(y), arrow.weight);
        }
    }
    *text += "</g>\n";
}

/// Fill and border: the roles down the layers from blue to violet, the rest grey.
fn colors(block: &Block) -> (&'static str, &'static str) {
    if block.external {
        return ("#ffffff", "#b6bdc5");
    }
    match block.role {
        Some(Role::Router) => ("#ddf4ff", "#218bff"),
        Some(Role::Service) => ("#dafbe1", "#2da44e"),
        Some(Role::Repository) => ("#fff8c5", "#bf8700"),
        Some(Role::Model) => ("#fbefff", "#8250df"),
        Some(Role::Schema) => ("#ffeff7", "#bf3989"),
        Some(Role::Composition | Role::Config | Role::Middleware | Role::Task) => ("#fff1e5", "#bc4c00"),
        _ => ("#f6f8fa", "#818b98"),
    }
}

fn box_width(block: &Block, label: &str) -> f64 {
    (text_width(label, 12.5) * 1.2).max(text_width(&detail(block), 10.5)).max(40.0) + 2.0 * PADDING
}

/// About how wide a sans-serif text is.
fn text_width(text: &str, size: f64) -> f64 {
    let letter = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | '/' | '|' | '\'' | ' ' | '(' | ')' | '[' | ']' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' => 0.92,
        'A'..='Z' => 0.7,
        _ if c.is_ascii() => 0.58,
        _ => 1.0,
    };
    text.chars().map(letter).sum::<f64>() * size
}

/// `apps/web/…/link.service.ts`: what tells most is at the ends, the last folder and the name above all.
fn shortened(label: &str) -> String {
    let letters: Vec<char> = label.chars().collect();
    if letters.len() <= LABEL {
        return label.to_string();
    }
    let tail: String = letters[letters.len() - (LABEL - 10)..].iter().collect();
    let tail = tail.find('/').filter(|at| at + 1 < tail.len()).map_or(tail.as_str(), |at| &tail[at..]).to_string();
    let head: String = letters[..9].iter().collect();
    format!("{head}…{tail}")
}

/// At most one digit after the point.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

fn escaped(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
