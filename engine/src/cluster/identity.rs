//! What an executor and a scheduler are called: a name of their own that also tells version and processor. The scheduler
//! passes names on and nothing else that an executor could say of itself, and tells its own beside Ballista's version.

/// Separates the parts of a name.
const BETWEEN: char = '_';

/// Version and processor of an executor or a scheduler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Version of the program.
    pub version: String,
    /// Level of the instruction set, such as `x86-64-v3`.
    pub processor: String,
}

impl Identity {
    /// Those of this process.
    pub fn own() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), processor: processor().to_owned() }
    }

    /// A name that no other process has.
    pub fn name(&self) -> String {
        format!("{}{BETWEEN}{}{BETWEEN}{}", uuid::Uuid::new_v4(), self.version, self.processor)
    }

    /// What a name tells; none of a process that is not ours, or older than such names.
    pub fn of_name(name: &str) -> Option<Self> {
        let mut parts = name.split(BETWEEN).skip(1);
        let (version, processor) = (parts.next()?, parts.next()?);
        Some(Self { version: version.to_owned(), processor: processor.to_owned() })
    }
}

/// The highest level whose instructions this processor has, by the psABI's names; elsewhere the architecture.
fn processor() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        let v4 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        let v3 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        let v2 = is_x86_feature_detected!("sse4.2") && is_x86_feature_detected!("popcnt");
        match (v2, v3, v4) {
            (_, _, true) => "x86-64-v4",
            (_, true, _) => "x86-64-v3",
            (true, ..) => "x86-64-v2",
            _ => "x86-64",
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        std::env::consts::ARCH
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_tell_what_they_were_made_from() {
        let own = Identity::own();
        let (one, other) = (own.name(), own.name());
        assert_ne!(one, other);
        assert_eq!(Identity::of_name(&one).unwrap(), own);
        let told = Identity::of_name("9f0c_1.2.3_x86-64-v3").unwrap();
        assert_eq!((told.version.as_str(), told.processor.as_str()), ("1.2.3", "x86-64-v3"));
    }

    #[test]
    fn other_names_tell_nothing() {
        for name in ["", "4b1cfa16-8b1f-4f3e-9d4e-0f3f5f1f6f10", "a_1.0.0"] {
            assert_eq!(Identity::of_name(name), None, "{name}");
        }
    }
}
