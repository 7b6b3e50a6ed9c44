//! A Ceph gateway of a test's own, and what can be seen in its buckets.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The keys that the gateway's script makes.
pub(crate) const KEY: &str = "testkey";
pub(crate) const SECRET: &str = "testsecret1";

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
        if !runs(Command::new("radosgw").arg("--version")) {
            println!("NOTICE: nothing proved, radosgw is not installed; ./dev test does that on Debian and Ubuntu");
            return None;
        }
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway");
        // short: the paths of its sockets are limited
        let folder = tempfile::Builder::new().prefix("rgw-").tempdir_in("/tmp").unwrap();
        let (port, monitor) = (free_port(), free_port());
        let mut up = Command::new(scripts.join("up.sh"));
        up.arg(folder.path()).args(["memstore", &port.to_string(), &monitor.to_string()]);
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
        let of = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        [
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}").as_str()),
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

    fn ask(&self, arguments: &[&str], path: &str) -> String {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user"]);
        curl.arg(format!("{KEY}:{SECRET}")).args(["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]).args(arguments);
        let output = curl.arg(format!("http://127.0.0.1:{}/{path}", self.port)).output().unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        runs(Command::new(self.scripts.join("down.sh")).arg(self.folder.path()));
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn text(xml: &str, tag: &str) -> String {
    let inner = xml.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
    inner.unwrap_or_else(|| panic!("no {tag} in {xml}")).0.to_owned()
}
