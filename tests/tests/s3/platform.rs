//! Credentials that nobody wrote down: those of an instance's role, of a container's, and of a web identity.
//!
//! The credentials are the gateway's own, temporary, and of no use without their token.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::gateway::{Gateway, KEY, ROLE, SECRET, Temporary};
use crate::http::{reply, serve};
use crate::warehouse::{World, told};

const BUCKET: &str = "platform";
/// What a platform leaves in a file for a process to show.
const IDENTITY: &str = "identity-of-the-process";
const BACKFILL: [&str; 5] = ["backfill", "--models", "naive", "--to", "2023-06-30"];

/// The variables of the gateway without any key, and no profile.
fn without_keys(gateway: &Gateway) -> Vec<(String, String)> {
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let mut environment = gateway.environment(gateway.port);
    environment.retain(|(name, _)| !keys.contains(&name.as_str()));
    environment.push(("HOME".to_owned(), "/nonexistent".to_owned()));
    environment
}

/// A service of credentials on plain HTTP, as instances and containers have one; returns its address, and how often it gave.
fn metadata(credentials: &Temporary) -> (String, Arc<AtomicUsize>) {
    let Temporary { key, secret, token, expiration } = credentials;
    let given = serde_json::json!({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
        "Expiration": expiration,
    });
    let (count, given) = (Arc::new(AtomicUsize::new(0)), given.to_string());
    let counted = Arc::clone(&count);
    let port = serve(move |request, stream| {
        let roles = "/latest/meta-data/iam/security-credentials/";
        let shows = |header: &str, value: &str| {
            let has = |line: &str| line.to_lowercase().starts_with(header) && line.ends_with(value);
            request.head.lines().any(has)
        };
        let is_instance = shows("x-aws-ec2-metadata-token:", "session");
        let body = match request.asked() {
            ("PUT", "/latest/api/token") => "session",
            ("GET", path) if path == roles && is_instance => "almanac",
            ("GET", path) if path == format!("{roles}almanac") && is_instance => {
                counted.fetch_add(1, SeqCst);
                given.as_str()
            }
            ("GET", "/container") if shows("authorization:", IDENTITY) => {
                counted.fetch_add(1, SeqCst);
                given.as_str()
            }
            _ => return reply(stream, "404 Not Found", "", b""),
        };
        reply(stream, "200 OK", "Content-Type: application/json\r\n", body.as_bytes());
    });
    (format!("http://127.0.0.1:{port}"), count)
}

/// A token service over TLS; ends when dropped.
struct TokenService {
    child: Child,
    port: u16,
    /// Requests it granted or refused, as it tells them.
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl TokenService {
    /// The authority that its certificate is to be trusted by is a file of the folder, `ca.pem`.
    fn start(folder: &Path, credentials: &Temporary) -> Self {
        let openssl = |arguments: &str| {
            let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
            assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority"));
        openssl(&format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"));
        std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
        openssl(
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem",
        );
        let Temporary { key, secret, token, expiration } = credentials;
        let given = format!(
            "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
        );
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway/token_service.py");
        let mut service = Command::new("python3");
        service.arg(script).args(["cert.pem", "key.pem", IDENTITY, ROLE, &given]).current_dir(folder);
        let mut child = service.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        Self { child, port, lines }
    }
}

impl Drop for TokenService {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_platform_gives_credentials() {
    let Some(gateway) = Gateway::start_with_tokens() else { return };
    gateway.create(BUCKET);
    let credentials = gateway.temporary();
    let mut world = World::new();
    let disk = world.warehouse("disk");
    disk.backfill(&BACKFILL[1..]);
    let rows = disk.rows();
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("identity");
    std::fs::write(&identity, IDENTITY).unwrap();
    let identity = identity.to_str().unwrap();
    let (address, given) = metadata(&credentials);
    let mut service = TokenService::start(folder.path(), &credentials);
    let (container, tokens) = (format!("{address}/container"), format!("https://localhost:{}", service.port));
    let authority = folder.path().join("ca.pem");

    let instance = vec![("AWS_METADATA_ENDPOINT", address.as_str())];
    let pod = vec![
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", identity),
    ];
    let web_identity = vec![
        ("AWS_WEB_IDENTITY_TOKEN_FILE", identity),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", tokens.as_str()),
        ("SSL_CERT_FILE", authority.to_str().unwrap()),
    ];
    for (name, variables) in [("instance", instance), ("container", pod), ("web-identity", web_identity)] {
        let before = given.load(SeqCst);
        world.environment = without_keys(&gateway);
        world.environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let stored = world.at(&format!("s3://{BUCKET}/{name}"));
        let output = stored.command(&BACKFILL).env("ALMANAC_LOG", "debug").output().unwrap();
        assert!(output.status.success(), "{name}: {}", told(&output));
        let printed = [&output.stdout[..], &output.stderr[..]].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert!(printed.len() > 1_000, "{name}: nothing was logged");
        for secret in [credentials.secret.as_str(), credentials.token.as_str(), IDENTITY, SECRET] {
            assert!(!printed.contains(secret), "{name}: {secret} is in {printed}");
        }
        assert_eq!(stored.rows(), rows, "{name}");
        let asked = given.load(SeqCst) - before;
        let granted = if name == "web-identity" { service.lines.next().unwrap().unwrap() } else { String::new() };
        match name {
            "web-identity" => assert_eq!((asked, granted.as_str()), (0, "AssumeRoleWithWebIdentity granted")),
            // one for each of two commands, which both ask with more and with less patience
            _ => assert!((2..=4).contains(&asked), "{name}: asked {asked} times"),
        }
    }
    assert!(!gateway.objects(BUCKET).is_empty() && KEY != credentials.key);
}
