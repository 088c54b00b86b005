//! What objects become.
