//! Keeps the memory of the process, which holds passwords, out of core files.
//!
//! librdkafka reads answers of brokers in C, and a broken one can end the process. Changes limits of
//! the process and nothing else; where a system does not let it, the run goes on as before.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids them for this process and what it may start, for good.
pub fn forbid() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    // A program that takes core files from the kernel is given them whatever the limit says.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_file_nor_a_program_gets_one() {
        forbid();
        let limit = rustix::process::getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        #[cfg(target_os = "linux")]
        assert_eq!(
            rustix::process::dumpable_behavior(),
            Ok(rustix::process::DumpableBehavior::NotDumpable)
        );
    }
}
