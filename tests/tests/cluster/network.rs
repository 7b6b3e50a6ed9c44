//! Network namespaces joined by a switch, between any two of which packets can be dropped.

use std::process::Command;

use almanac_tests::notice;

use crate::site::Site;

/// Names of the sites; the first holds the switch.
const NAMES: [&str; 4] = ["scheduler", "driver", "executor-0", "executor-1"];
/// Networks of tests: the first half of what is set aside for benchmarks, 198.18.0.0/15.
const NETWORKS: u8 = 250;

/// The sites; their namespaces are removed when dropped.
pub(crate) struct Network {
    number: u8,
}

impl Network {
    /// Four sites that reach each other and this process, or a word on why nothing can be proved here.
    pub(crate) fn new() -> Option<Self> {
        match Self::claim().and_then(|network| network.build().map(|()| network)) {
            Ok(network) => Some(network),
            Err(refusal) => {
                notice(&format!("nothing proved, network namespaces need root, iproute2 and iptables: {refusal}"));
                None
            }
        }
    }

    /// The first number whose switch nobody has.
    fn claim() -> Result<Self, String> {
        for number in 1..=NETWORKS {
            match run(&["ip", "netns", "add", &namespace(number, 0)]) {
                Ok(()) => return Ok(Self { number }),
                Err(refusal) if refusal.contains("File exists") => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(format!("all {NETWORKS} networks are in use"))
    }

    fn build(&self) -> Result<(), String> {
        let switch = self.namespace(0);
        for place in 0..NAMES.len() {
            if place > 0 {
                run(&["ip", "netns", "add", &self.namespace(place)])?;
            }
            run(&["ip", "-n", &self.namespace(place), "link", "set", "lo", "up"])?;
        }
        run(&["ip", "-n", &switch, "link", "add", "switch", "type", "bridge"])?;
        self.bring_up(Some(&switch), "switch", &self.address(0))?;
        for place in 1..NAMES.len() {
            let (namespace, port) = (self.namespace(place), format!("to-{place}"));
            run(&["ip", "-n", &namespace, "link", "add", "eth", "type", "veth", "peer", "name", &port])?;
            run(&["ip", "-n", &namespace, "link", "set", &port, "netns", &switch])?;
            self.plug_in(&port)?;
            self.bring_up(Some(&namespace), "eth", &self.address(place))?;
            run(&["ip", "netns", "exec", &namespace, "iptables", "-L", "-n"])?;
        }
        run(&["ip", "link", "add", &link(self.number), "type", "veth", "peer", "name", "to-test", "netns", &switch])?;
        self.plug_in("to-test")?;
        self.bring_up(None, &link(self.number), &self.here())
    }

    /// Address of this process, which every site reaches.
    pub(crate) fn here(&self) -> String {
        format!("198.18.{}.254", self.number)
    }

    fn plug_in(&self, port: &str) -> Result<(), String> {
        run(&["ip", "-n", &self.namespace(0), "link", "set", port, "master", "switch", "up"])
    }

    fn bring_up(&self, namespace: Option<&str>, link: &str, address: &str) -> Result<(), String> {
        let ip: Vec<&str> = ["ip"].into_iter().chain(namespace.into_iter().flat_map(|name| ["-n", name])).collect();
        run(&[&ip[..], &["addr", "add", &format!("{address}/24"), "dev", link]].concat())?;
        run(&[&ip[..], &["link", "set", link, "up"]].concat())
    }

    fn namespace(&self, place: usize) -> String {
        namespace(self.number, place)
    }

    fn address(&self, place: usize) -> String {
        format!("198.18.{}.{}", self.number, place + 1)
    }

    fn place(name: &str) -> usize {
        NAMES.iter().position(|known| *known == name).unwrap_or_else(|| panic!("no site {name}"))
    }

    /// A site by its name.
    pub(crate) fn site(&self, name: &str) -> Site {
        let place = Self::place(name);
        Site { address: self.address(place), namespace: Some(self.namespace(place)) }
    }

    /// Drops every packet between two sites, without a word to either.
    pub(crate) fn cut(&self, one: &str, other: &str) {
        let (inside, away) = (self.namespace(Self::place(one)), self.address(Self::place(other)));
        for (chain, end) in [("INPUT", "-s"), ("OUTPUT", "-d")] {
            let rule = ["ip", "netns", "exec", &inside, "iptables", "-A", chain, end, &away, "-j", "DROP"];
            run(&rule).unwrap();
        }
    }

    /// Ends every cut.
    pub(crate) fn heal(&self) {
        for place in 0..NAMES.len() {
            run(&["ip", "netns", "exec", &self.namespace(place), "iptables", "-F"]).unwrap();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = run(&["ip", "link", "del", &link(self.number)]);
        for place in 0..NAMES.len() {
            let _ = run(&["ip", "netns", "del", &self.namespace(place)]);
        }
    }
}

fn namespace(number: u8, place: usize) -> String {
    format!("almanac-{number}-{}", NAMES[place])
}

/// This process's end of a network.
fn link(number: u8) -> String {
    format!("almanac{number}")
}

fn run(words: &[&str]) -> Result<(), String> {
    let output = Command::new(words[0]).args(&words[1..]).output().map_err(|error| format!("{}: {error}", words[0]))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
