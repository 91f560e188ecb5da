//! The order of parts against which the fewest imports go, and its layers.

use std::fmt::Write as _;

/// Most parts that are ordered exactly.
pub(super) const MOST: usize = 16;

/// Two parts that import each other nearly as often are friends: this share of their imports, at least, goes the rarer way.
const FRIENDS: f64 = 0.3;

/// And at least this many.
const FEWEST: usize = 4;

/// An order over parts `0..n`, and what it explains.
pub(super) struct Ordered {
    /// Layers from high to low; each holds groups, and each group friends.
    pub(super) layers: Vec<Vec<Vec<usize>>>,
    pub(super) imports: usize,
    pub(super) against: usize,
}

/// Orders parts by the imports between them (`weights[from][to]`). Parts without any import to or from another are left out.
///
/// The order is the exact minimum of the weight of edges that lead upward (minimum feedback arc set, by dynamic programming over sets of parts), after parts
/// that import each other nearly as often have been made friends.
pub(super) fn order(weights: &[Vec<usize>]) -> Option<Ordered> {
    let groups = friends(weights);
    let weight = |from: &[usize], to: &[usize]| from.iter().flat_map(|a| to.iter().map(move |b| weights[*a][*b])).sum::<usize>();
    let between: Vec<Vec<usize>> = groups
        .iter()
        .enumerate()
        .map(|(a, from)| groups.iter().enumerate().map(|(b, to)| if a == b { 0 } else { weight(from, to) }).collect())
        .collect();
    let is_tied =
        |group: usize| groups[group].len() > 1 || (0..groups.len()).any(|other| between[group][other] + between[other][group] > 0);
    let tied: Vec<usize> = (0..groups.len()).filter(|group| is_tied(*group)).collect();
    if tied.len() < 2 || tied.len() > MOST {
        return None;
    }
    let sequence: Vec<usize> = best_sequence(&tied, &between);
    let imports = weights.iter().flatten().sum::<usize>();
    let layers = layers(&sequence, &between, &groups);
    let height = |part: usize| layers.iter().position(|layer| layer.iter().any(|group| group.contains(&part)));
    let is_friend = |a: usize, b: usize| groups.iter().any(|group| group.contains(&a) && group.contains(&b));
    let mut against = 0;
    for (from, row) in weights.iter().enumerate() {
        for (to, &count) in row.iter().enumerate().filter(|(to, count)| *to != from && **count > 0) {
            if let (Some(from_height), Some(to_height)) = (height(from), height(to))
                && from_height >= to_height
                && !is_friend(from, to)
            {
                against += count;
            }
        }
    }
    Some(Ordered { layers, imports, against })
}

/// Groups of parts that import each other nearly as often, each sorted; every other part is a group of its own.
fn friends(weights: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let count = weights.len();
    let mut group_of: Vec<usize> = (0..count).collect();
    for a in 0..count {
        for b in a + 1..count {
            let (there, back) = (weights[a][b], weights[b][a]);
            let rarer = there.min(back);
            if rarer >= FEWEST && rarer as f64 >= FRIENDS * (there + back) as f64 {
                let (kept, joined) = (group_of[a].min(group_of[b]), group_of[a].max(group_of[b]));
                group_of.iter_mut().filter(|group| **group == joined).for_each(|group| *group = kept);
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for group in 0..count {
        let members: Vec<usize> = (0..count).filter(|part| group_of[*part] == group).collect();
        if !members.is_empty() {
            groups.push(members);
        }
    }
    groups
}

/// The sequence, high to low, with the least weight of edges from later to earlier. `cost[set]` is the least weight within `set` when its members stand first.
fn best_sequence(tied: &[usize], between: &[Vec<usize>]) -> Vec<usize> {
    let count = tied.len();
    let all = (1usize << count) - 1;
    let mut cost = vec![usize::MAX; all + 1];
    let mut last = vec![0u8; all + 1];
    cost[0] = 0;
    for set in 0..all {
        for next in (0..count).filter(|next| set & (1 << next) == 0) {
            // `next` comes after all of `set`: what it imports of them leads upward.
            let upward: usize = (0..count).filter(|member| set & (1 << member) != 0).map(|member| between[tied[next]][tied[member]]).sum();
            let with = set | (1 << next);
            if cost[set] + upward < cost[with] {
                cost[with] = cost[set] + upward;
                last[with] = next as u8;
            }
        }
    }
    let mut sequence = Vec::new();
    let mut set = all;
    while set != 0 {
        sequence.push(tied[last[set] as usize]);
        set &= !(1 << last[set]);
    }
    sequence.reverse();
    sequence
}

/// Layers of a sequence: below everything that imports it, as high as that allows. Friends have a layer of their own.
fn layers(sequence: &[usize], between: &[Vec<usize>], groups: &[Vec<usize>]) -> Vec<Vec<Vec<usize>>> {
    let mut height: Vec<usize> = Vec::new();
    for (at, &group) in sequence.iter().enumerate() {
        let below = (0..at).filter(|above| between[sequence[*above]][group] > 0).map(|above| height[above] + 1).max();
        height.push(below.unwrap_or(0));
    }
    let mut found: Vec<Vec<Vec<usize>>> = Vec::new();
    for level in 0..=height.iter().copied().max().unwrap_or(0) {
        let here = || sequence.iter().zip(&height).filter(|(_, own)| **own == level).map(|(group, _)| groups[*group].clone());
        let single: Vec<Vec<usize>> = here().filter(|group| group.len() == 1).collect();
        if !single.is_empty() {
            found.push(single);
        }
        found.extend(here().filter(|group| group.len() > 1).map(|group| vec![group]));
    }
    found
}

/// The order as the language of contracts writes it.
pub(super) fn text(layers: &[Vec<Vec<usize>>], names: &[String]) -> String {
    let mut out = String::new();
    for layer in layers {
        let groups: Vec<String> =
            layer.iter().map(|group| group.iter().map(|part| names[*part].as_str()).collect::<Vec<_>>().join(" : ")).collect();
        let sign = if out.is_empty() { "" } else { " > " };
        let _ = write!(out, "{sign}{}", groups.join(" | "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(weights: &[&[usize]]) -> String {
        let weights: Vec<Vec<usize>> = weights.iter().map(|row| row.to_vec()).collect();
        let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_string).to_vec();
        order(&weights).map_or_else(String::new, |found| format!("{} {}/{}", text(&found.layers, &names), found.against, found.imports))
    }

    #[test]
    fn the_fewest_imports_go_against_it() {
        assert_eq!(shown(&[&[0, 0, 0], &[5, 0, 1], &[4, 3, 0]]), "c > b > a 1/13");
        assert_eq!(shown(&[&[0, 9, 9, 0], &[0, 0, 0, 5], &[0, 0, 0, 5], &[1, 0, 0, 0]]), "a > b | c > d 1/29");
    }

    #[test]
    fn equals_are_friends_and_strangers_to_all_are_left_out() {
        assert_eq!(shown(&[&[0, 6, 9, 0], &[5, 0, 9, 0], &[0, 0, 0, 0], &[0, 0, 0, 0]]), "a : b > c 0/29");
        assert_eq!(shown(&[&[0, 0], &[0, 0]]), "");
    }
}
