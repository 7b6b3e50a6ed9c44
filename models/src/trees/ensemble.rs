//! XGBoost's saved model, parsed: trees of one numeric output.

use crate::ModelError;
use crate::trees::ubjson::{self, Value};

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// Goes left where the feature is below the threshold.
    Split {
        /// Column.
        feature: u32,
        /// Compared in `f32`.
        threshold: f32,
        /// Where a missing value goes.
        missing_left: bool,
        /// Index of the child below the threshold.
        left: u32,
        /// Index of the other child.
        right: u32,
        /// Loss reduction of the split.
        gain: f32,
    },
    /// The value a tree adds.
    Leaf(f32),
}

/// The trees of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    base_score: f32,
    columns: usize,
    trees: Vec<Vec<Node>>,
}

/// More columns than this are refused.
const MOST_COLUMNS: usize = 65_536;

/// Trees deeper than this are refused (settings allow 12).
const DEEPEST: usize = 64;

impl Ensemble {
    /// Reads a model saved in UBJSON: booster `gbtree`, one output, numeric splits.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] naming what is missing, malformed or of another kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        let root = ubjson::parse(bytes)?;
        let learner = root.get("learner")?;
        let parameters = learner.get("learner_model_param")?;
        let base_score = base_score(text(parameters.get("base_score")?, "base_score")?)?;
        let columns = text(parameters.get("num_feature")?, "num_feature")?;
        let columns: usize = columns
            .parse()
            .ok()
            .filter(|&columns| columns <= MOST_COLUMNS)
            .ok_or_else(|| corrupt(format!("num_feature is {columns:?}")))?;
        let booster = learner.get("gradient_booster")?;
        if !matches!(booster.get("name")?, Value::Text(name) if name == "gbtree") {
            return Err(corrupt("the booster is not gbtree".into()));
        }
        let Value::Array(trees) = booster.get("model")?.get("trees")? else {
            return Err(corrupt("\"trees\" is no array".into()));
        };
        let trees = trees.iter().map(|tree| read_tree(tree, columns)).collect::<Result<_, _>>()?;
        Ok(Self { base_score, columns, trees })
    }

    /// The prediction before any tree.
    pub fn base_score(&self) -> f32 {
        self.base_score
    }

    /// Columns the model was trained on.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Nodes of each tree, the root first.
    pub fn trees(&self) -> &[Vec<Node>] {
        &self.trees
    }

    /// The prediction of one row by walking nodes: the reference of every faster evaluation. Columns the row lacks
    /// count as missing.
    pub fn predict(&self, row: &[f32]) -> f32 {
        let value = |feature: u32| row.get(feature as usize).copied().unwrap_or(f32::NAN);
        self.trees.iter().fold(self.base_score, |sum, tree| sum + walk(tree, value))
    }

    /// Gain of each column's splits, as shares of all gain.
    pub fn importance(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.columns];
        for node in self.trees.iter().flatten() {
            if let Node::Split { feature, gain, .. } = *node {
                gains[feature as usize] += f64::from(gain);
            }
        }
        let total: f64 = gains.iter().sum();
        gains.iter().map(|gain| if total > 0.0 { gain / total } else { 0.0 }).collect()
    }
}

/// The leaf a row reaches.
pub(crate) fn walk(tree: &[Node], value: impl Fn(u32) -> f32) -> f32 {
    let mut at = 0_usize;
    loop {
        match tree[at] {
            Node::Leaf(leaf) => return leaf,
            Node::Split { feature, threshold, missing_left, left, right, .. } => {
                let x = value(feature);
                let goes_left = if x.is_nan() { missing_left } else { x < threshold };
                at = if goes_left { left } else { right } as usize;
            }
        }
    }
}

fn corrupt(message: String) -> ModelError {
    ModelError::Corrupt(format!("XGBoost's model: {message}"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, ModelError> {
    if let Value::Text(text) = value { Ok(text) } else { Err(corrupt(format!("{name:?} is no text"))) }
}

/// XGBoost 3 writes a list of one per output, `[1.5E-3]`; earlier versions a number.
fn base_score(text: &str) -> Result<f32, ModelError> {
    let number = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let score: Option<f32> = number.trim().parse().ok();
    score.filter(|score| score.is_finite()).ok_or_else(|| corrupt(format!("base_score is {text:?}")))
}

fn integers<'a>(tree: &'a Value, name: &str) -> Result<&'a [i64], ModelError> {
    if let Value::Integers(values) = tree.get(name)? {
        Ok(values)
    } else {
        Err(corrupt(format!("{name:?} is no list")))
    }
}

fn floats<'a>(tree: &'a Value, name: &str) -> Result<&'a [f32], ModelError> {
    if let Value::Floats(values) = tree.get(name)? { Ok(values) } else { Err(corrupt(format!("{name:?} is no list"))) }
}

fn read_tree(tree: &Value, columns: usize) -> Result<Vec<Node>, ModelError> {
    let (lefts, rights) = (integers(tree, "left_children")?, integers(tree, "right_children")?);
    let (features, defaults) = (integers(tree, "split_indices")?, integers(tree, "default_left")?);
    let (conditions, gains) = (floats(tree, "split_conditions")?, floats(tree, "loss_changes")?);
    let count = lefts.len();
    if count == 0 || [rights.len(), features.len(), defaults.len(), conditions.len(), gains.len()] != [count; 5] {
        return Err(corrupt("lists of one tree differ in length".into()));
    }
    if matches!(tree.get("split_type"), Ok(Value::Integers(kinds)) if kinds.iter().any(|&kind| kind != 0)) {
        return Err(corrupt("categorical splits are not supported".into()));
    }
    let child = |index: i64| u32::try_from(index).ok().filter(|&index| (index as usize) < count && index > 0);
    let mut nodes = Vec::with_capacity(count);
    for i in 0..count {
        if !conditions[i].is_finite() {
            return Err(corrupt(format!("node {i} holds {}", conditions[i])));
        }
        // a leaf keeps its value where a split keeps its threshold
        if lefts[i] == -1 {
            nodes.push(Node::Leaf(conditions[i]));
            continue;
        }
        let feature = u32::try_from(features[i]).ok().filter(|&feature| (feature as usize) < columns);
        let (Some(left), Some(right), Some(feature)) = (child(lefts[i]), child(rights[i]), feature) else {
            return Err(corrupt(format!("node {i} has a child or a column that is not there")));
        };
        let missing_left = defaults[i] != 0;
        nodes.push(Node::Split { feature, threshold: conditions[i], missing_left, left, right, gain: gains[i] });
    }
    check_shape(&nodes)?;
    Ok(nodes)
}

/// Refuses cycles and shared children: no node may be reached twice, or below [`DEEPEST`].
fn check_shape(nodes: &[Node]) -> Result<(), ModelError> {
    let mut reached = vec![false; nodes.len()];
    let mut open = vec![(0_usize, 0_usize)];
    while let Some((at, depth)) = open.pop() {
        if depth > DEEPEST || std::mem::replace(&mut reached[at], true) {
            return Err(corrupt(format!("node {at} closes a cycle or is too deep")));
        }
        if let Node::Split { left, right, .. } = nodes[at] {
            open.extend([(left as usize, depth + 1), (right as usize, depth + 1)]);
        }
    }
    Ok(())
}
