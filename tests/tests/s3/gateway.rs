//! A Ceph gateway of a test's own, and what can be seen in its buckets.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use almanac_tests::notice;
use tempfile::TempDir;

/// The keys that the gateway's script makes.
pub(crate) const KEY: &str = "testkey";
pub(crate) const SECRET: &str = "testsecret1";

/// A role of the gateway that [`Gateway::temporary`] makes and takes.
pub(crate) const ROLE: &str = "arn:aws:iam:::role/almanac";

/// Credentials that end.
pub(crate) struct Temporary {
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    /// As in RFC 3339.
    pub(crate) expiration: String,
}

/// A running gateway; ends when dropped.
pub(crate) struct Gateway {
    folder: TempDir,
    scripts: PathBuf,
    pub(crate) port: u16,
}

/// Tag and time of every object.
pub(crate) type Objects = BTreeMap<String, (String, String)>;

impl Gateway {
    /// Starts a gateway, or says why nothing will be proved.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// As [`Gateway::start`], of a gateway that gives temporary credentials too.
    pub(crate) fn start_with_tokens() -> Option<Self> {
        Self::start_with(&[("GATEWAY_TOKENS", "1")])
    }

    /// Every table of a warehouse is read by deltalake, DuckDB and Polars, if there is a Python that has them.
    pub(crate) fn is_read_by_others(&self, address: &str, moment: &str) {
        let Ok(python) = std::env::var("ALMANAC_PYTHON") else {
            notice("not read by others, ALMANAC_PYTHON does not name a Python with tests/readers/requirements.txt");
            return;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/read_tables.py");
        let mut read = Command::new(python);
        read.arg(script).arg(address).envs(self.environment(self.port));
        let output = read.output().unwrap();
        let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{moment}: {errors}\n{printed}");
        for table in ["forecast.distributions", "forecast.trained_models", "silver.unified_data", "ops.units"] {
            assert!(printed.contains(table), "{moment}: {table} was not read\n{printed}");
        }
    }

    fn start_with(variables: &[(&str, &str)]) -> Option<Self> {
        if !runs(Command::new("radosgw").arg("--version")) {
            notice("nothing proved, radosgw is not installed; ./dev test does that on Debian and Ubuntu");
            return None;
        }
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway");
        // short: the paths of its sockets are limited
        let folder = tempfile::Builder::new().prefix("rgw-").tempdir_in("/tmp").unwrap();
        let (port, monitor) = (free_port(), free_port());
        let mut up = Command::new(scripts.join("up.sh"));
        up.arg(folder.path()).args(["memstore", &port.to_string(), &monitor.to_string()]);
        up.envs(variables.iter().copied());
        let gateway = Self { folder, scripts, port };
        let output = up.output().unwrap();
        assert!(output.status.success(), "no gateway: {}", String::from_utf8_lossy(&output.stderr));
        Some(gateway)
    }

    /// Creates a bucket.
    pub(crate) fn create(&self, bucket: &str) {
        self.ask(&["-X", "PUT"], bucket);
    }

    /// What a client needs to know, with this gateway's own address or another's in front of it.
    pub(crate) fn environment(&self, port: u16) -> Vec<(String, String)> {
        self.environment_at("127.0.0.1", port)
    }

    /// The same of another host.
    pub(crate) fn environment_at(&self, host: &str, port: u16) -> Vec<(String, String)> {
        let of = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        [
            ("AWS_ENDPOINT_URL", format!("http://{host}:{port}").as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ]
        .map(of)
        .into()
    }

    /// Every object of a bucket.
    pub(crate) fn objects(&self, bucket: &str) -> Objects {
        let mut objects = Objects::new();
        loop {
            let after = objects.last_key_value().map(|(key, _)| key.replace('=', "%3D").replace('/', "%2F"));
            let query = after.map_or(String::new(), |key| format!("&start-after={key}"));
            let page = self.ask(&[], &format!("{bucket}?list-type=2{query}"));
            for object in page.split("<Contents>").skip(1) {
                let facts = (text(object, "ETag"), text(object, "LastModified"));
                objects.insert(text(object, "Key"), facts);
            }
            if !page.contains("<IsTruncated>true") {
                return objects;
            }
        }
    }

    /// Uploads in parts that were neither completed nor aborted.
    pub(crate) fn abandoned_uploads(&self, bucket: &str) -> usize {
        let page = self.ask(&[], &format!("{bucket}?uploads="));
        assert!(page.contains("ListMultipartUploadsResult"), "{page}");
        page.matches("<UploadId>").count()
    }

    /// An object's bytes as text.
    pub(crate) fn read(&self, bucket: &str, key: &str) -> String {
        self.ask(&[], &format!("{bucket}/{}", key.replace('=', "%3D")))
    }

    /// Credentials for an hour that the gateway itself has given, with the token that belongs to them.
    pub(crate) fn temporary(&self) -> Temporary {
        let configuration = self.folder.path().join("ceph.conf");
        let admin = |arguments: &[&str]| {
            let mut admin = Command::new("radosgw-admin");
            assert!(runs(admin.arg("-c").arg(&configuration).args(arguments)), "radosgw-admin {arguments:?}");
        };
        let statement = |rest: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{rest}}}]}}"#);
        let trust = statement(r#""Principal":{"AWS":["arn:aws:iam:::user/test"]},"Action":["sts:AssumeRole"]"#);
        let policy = statement(r#""Action":["s3:*"],"Resource":"*""#);
        admin(&["role", "create", "--role-name=almanac", &format!("--assume-role-policy-doc={trust}")]);
        admin(&[
            "role",
            "policy",
            "put",
            "--role-name=almanac",
            "--policy-name=all",
            &format!("--policy-doc={policy}"),
        ]);
        let mut assume = self.signed("sts");
        assume.args(["-d", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=almanac"]);
        assume.args(["-d", &format!("RoleArn={ROLE}")]);
        let answer = printed(assume.arg(format!("http://127.0.0.1:{}/", self.port)));
        let [key, secret, token, expiration] =
            ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"].map(|tag| text(&answer, tag));
        Temporary { key, secret, token, expiration }
    }

    /// A request that is signed with the keys.
    fn signed(&self, service: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--aws-sigv4", &format!("aws:amz:us-east-1:{service}")]);
        curl.args(["--user", &format!("{KEY}:{SECRET}")]);
        curl
    }

    fn ask(&self, arguments: &[&str], path: &str) -> String {
        let mut ask = self.signed("s3");
        ask.args(["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]).args(arguments);
        printed(ask.arg(format!("http://127.0.0.1:{}/{path}", self.port)))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        runs(Command::new(self.scripts.join("down.sh")).arg(self.folder.path()));
    }
}

/// A free port that no other test is given while this process lives; below those that the kernel gives out.
pub(crate) fn free_port() -> u16 {
    static CLAIMED: Mutex<Vec<File>> = Mutex::new(Vec::new());
    const PORTS: u16 = 10_000;
    let folder = std::env::temp_dir().join("almanac-ports");
    std::fs::create_dir_all(&folder).unwrap();
    let own = (std::process::id() % u32::from(PORTS)) as u16;
    let claimed = |port: u16| {
        let claim = File::create(folder.join(port.to_string())).ok()?;
        let is_free = claim.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok();
        is_free.then_some((port, claim))
    };
    let ports = (0..PORTS).map(|nth| 20_000 + (own + nth) % PORTS);
    let (port, claim) = ports.into_iter().find_map(claimed).unwrap();
    CLAIMED.lock().unwrap().push(claim);
    port
}

fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// What a command prints that must succeed.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn text(xml: &str, tag: &str) -> String {
    let inner = xml.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
    inner.unwrap_or_else(|| panic!("no {tag} in {xml}")).0.to_owned()
}
