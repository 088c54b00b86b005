//! Time on a processor.

/// Seconds that this process, which has one thread, has had a processor.
pub fn seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells");
    let nanoseconds: f64 = text.split(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    nanoseconds / 1e9
}
