//! Pure algorithms over petgraph: components, shortest path, reach.
