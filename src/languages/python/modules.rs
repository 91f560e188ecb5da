//! stub
use crate::model::project::Project;
use crate::model::source::FileId;
#[derive(Clone, Debug)]
pub enum PythonTarget {
    File(FileId),
    Namespace(String),
    External(String),
    Unresolved(String),
}
pub struct PythonModules(Vec<String>);
impl PythonModules {
    pub fn new(p: &Project) -> Self {
        Self(p.files.iter().map(|f| f.path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".")).collect())
    }
    pub fn module_name(&self, f: FileId) -> &str {
        &self.0[f.index()]
    }
    pub fn resolve(&self, f: FileId, level: u8, s: &str) -> PythonTarget {
        let mut base: Vec<&str> = if level > 0 {
            let mut v: Vec<&str> = self.0[f.index()].split('.').collect();
            for _ in 0..level {
                v.pop();
            }
            v
        } else {
            vec![]
        };
        if !s.is_empty() {
            base.push(s);
        }
        let full = base.join(".");
        match self.0.iter().position(|m| *m == full) {
            Some(i) => PythonTarget::File(FileId(i as u32)),
            None if self.0.iter().any(|m| m.starts_with(&format!("{full}."))) => PythonTarget::Namespace(full),
            None => PythonTarget::External(full),
        }
    }
    pub fn child(&self, t: &PythonTarget, n: &str) -> Option<PythonTarget> {
        let b = match t {
            PythonTarget::File(f) => self.0[f.index()].clone(),
            PythonTarget::Namespace(s) => s.clone(),
            _ => return None,
        };
        match self.resolve(FileId(0), 0, &format!("{b}.{n}")) {
            PythonTarget::External(_) => None,
            t => Some(t),
        }
    }
}
