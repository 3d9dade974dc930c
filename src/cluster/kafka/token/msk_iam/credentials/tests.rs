//! Each source of credentials against a small service of the test's own, and what goes wrong there.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::cluster::kafka::token::TokenError;

/// Amazon's service, or one that stands for it: answers in their order, then 404.
struct Service {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(vec![]));
        let answers = answers
            .iter()
            .map(|(status, body)| (*status, (*body).to_owned()));
        let mut answers: VecDeque<(u16, String)> = answers.collect();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let request = read(&mut BufReader::new(&stream));
                seen.lock().expect("no panic").push(request);
                let (status, body) = answers.pop_front().unwrap_or((404, String::new()));
                let answer = format!(
                    "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).expect("a reader");
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn read(stream: &mut impl BufRead) -> String {
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let start = request.len();
        stream.read_line(&mut request).expect("a line");
        let line = request[start..].trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a body");
    request + &String::from_utf8_lossy(&body)
}

/// A home with Amazon's files, and variables.
struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new(variables: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        fs::create_dir(home.path().join(".aws")).expect("a directory");
        let own = home.path().display().to_string();
        let mut all = vec![
            ("HOME".to_owned(), own),
            ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
        ];
        // What stands there last, holds.
        let variables = variables.iter();
        all.extend(variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self {
            home,
            variables: all,
        }
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.home.path().join(name), text).expect("a file");
        self
    }

    fn find(&self, wanted: &MskIam) -> Result<Found, TokenError> {
        let variables = self.variables.iter();
        let variables: Vec<(&str, &str)> = variables
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let found = find(wanted, &Outside::of(&variables));
        if let Err(error) = &found {
            assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        }
        found
    }

    #[track_caller]
    fn finds(&self, wanted: &MskIam) -> Found {
        self.find(wanted).expect("credentials")
    }

    #[track_caller]
    fn fails(&self, wanted: &MskIam, kind: ClusterErrorKind, words: &[&str]) {
        let error = self.find(wanted).expect_err("no credentials");
        assert_eq!(error.kind, kind, "{error:?}");
        for part in words {
            assert!(format!("{error:?}").contains(part), "{part} in {error:#?}");
        }
        assert!(error.help.is_some(), "{error:?}");
    }
}

fn wanted() -> MskIam {
    MskIam {
        region: "eu-west-1".to_owned(),
        sts_region: None,
        profile: None,
        role: None,
        keys: None,
        timeout: Duration::from_secs(20),
    }
}

fn of_profile(name: &str) -> MskIam {
    MskIam {
        profile: Some(name.to_owned()),
        ..wanted()
    }
}

#[track_caller]
fn is(found: &Found, id: &str, source: &str) {
    assert_eq!(found.credential.access_key_id, id);
    assert_eq!(found.source, source);
    assert!(!format!("{found:?}{found}").contains("hush"));
}

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT0001"),
    ("AWS_SECRET_ACCESS_KEY", "hush"),
];

const IN_METADATA: &str = r#"{"Code":"Success","Message":"","AccessKeyId":"ASIASERVICE00000001",
    "SecretAccessKey":"hush","Token":"hush-token","Expiration":"2999-01-01T00:00:00Z"}"#;

const ARN: &str = "arn:aws:iam::123456789012:role/topics";

fn from_sts(action: &str) -> String {
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>ASIAROLE000000000001\
         </AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>hush-token\
         </SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
         </{action}Result></{action}Response>"
    )
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

#[test]
fn variables_go_first_and_half_of_them_is_a_mistake() {
    let machine = Machine::new(&KEYS).file(".aws/credentials", "[default]\nregion=x\n");
    let found = machine.finds(&wanted());
    is(&found, "AKIAENVIRONMENT0001", "AWS_ACCESS_KEY_ID");
    assert_eq!(found.identity(), "AKIA…0001");
    assert_eq!(found.credential.session_token, None);
    let with_token = [&KEYS[..], &[("AWS_SESSION_TOKEN", "hush-token")]].concat();
    let found = Machine::new(&with_token).finds(&wanted());
    assert_eq!(
        found.credential.session_token.as_deref(),
        Some("hush-token")
    );
    Machine::new(&KEYS[1..]).fails(
        &wanted(),
        ClusterErrorKind::Configuration,
        &["AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not"],
    );
}

#[test]
fn where_nothing_is_all_that_was_looked_at_is_told() {
    Machine::new(&[]).fails(
        &wanted(),
        ClusterErrorKind::Configuration,
        &[
            "no AWS credentials for AWS_MSK_IAM",
            "AWS_ACCESS_KEY_ID: not set",
            "AWS_WEB_IDENTITY_TOKEN_FILE: not set",
            "profile `default`: not in ",
            ".aws/config (no such file)",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "instance metadata: AWS_EC2_METADATA_DISABLED is set",
            "aws sts get-caller-identity",
        ],
    );
}

#[test]
fn profiles_hold_keys_roles_and_commands() {
    let sts = Service::start(&[
        (200, &from_sts("AssumeRole")),
        (200, &from_sts("AssumeRole")),
    ]);
    let config = format!(
        "[profile role]\nrole_arn={ARN}\nsource_profile=base\nexternal_id=ext\n\
         [profile self]\nrole_arn={ARN}\nsource_profile=self\n\
         [profile command]\ncredential_process=echo '{{\"Version\":1,\"AccessKeyId\":\
         \"AKIACOMMAND000000001\",\"SecretAccessKey\":\"hush\"}}'\n\
         [profile old]\ncredential_process=echo '{{\"Version\":1,\"AccessKeyId\":\
         \"AKIACOMMAND000000001\",\"SecretAccessKey\":\"hush\",\
         \"Expiration\":\"2001-01-01T00:00:00Z\"}}'\n\
         [profile broken]\ncredential_process=echo ouch >&2; echo hush; exit 3\n\
         [profile talks]\ncredential_process=echo hush\n\
         [profile one]\nrole_arn={ARN}\nsource_profile=two\n\
         [profile two]\nrole_arn={ARN}\nsource_profile=one\n\
         [profile bare]\nregion=eu-west-1\n\
         [profile nobody]\nrole_arn={ARN}\n\
         [profile device]\nrole_arn={ARN}\nsource_profile=base\nmfa_serial=arn:aws:iam::1:mfa/me\n\
         [profile empty-env]\nrole_arn={ARN}\ncredential_source=Environment\n"
    );
    let keys = "[base]\naws_access_key_id=AKIABASE000000000001\naws_secret_access_key=hush\n\
                [self]\naws_access_key_id=AKIASELF000000000001\naws_secret_access_key=hush\n\
                [half]\naws_access_key_id=AKIABASE000000000001\n";
    let machine = Machine::new(&[("AWS_ENDPOINT_URL_STS", &sts.address)])
        .file(".aws/config", &config)
        .file(".aws/credentials", keys);
    let base = machine.finds(&of_profile("base"));
    is(&base, "AKIABASE000000000001", "the profile `base`");
    for name in ["role", "self"] {
        let found = machine.finds(&of_profile(name));
        is(&found, "ASIAROLE000000000001", &format!("the role {ARN}"));
        assert_eq!(
            found.credential.session_token.as_deref(),
            Some("hush-token")
        );
    }
    let requests = sts.requests();
    for part in [
        "Action=AssumeRole&",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Ftopics",
        "RoleSessionName=topicctl",
        "ExternalId=ext",
        "Credential=AKIABASE000000000001/",
        "/eu-west-1/sts/aws4_request",
        "host: sts.eu-west-1.amazonaws.com",
    ] {
        assert!(requests[0].contains(part), "{part} in {}", requests[0]);
    }
    assert!(requests[1].contains("Credential=AKIASELF000000000001/"));
    let command = machine.finds(&of_profile("command"));
    is(&command, "AKIACOMMAND000000001", "the profile `command`");

    use ClusterErrorKind::{Authentication, Configuration};
    for (name, kind, words) in [
        ("old", Authentication, "of the profile `old` expired"),
        ("broken", Configuration, "ouch"),
        ("talks", Configuration, "prints no credentials of version 1"),
        ("one", Configuration, "`one`, `two` lead in a circle"),
        (
            "bare",
            Configuration,
            "the AWS profile `bare` has no credentials",
        ),
        ("nobody", Configuration, "says not who assumes it"),
        ("device", Configuration, "aws configure export-credentials"),
        ("half", Configuration, "has one of aws_access_key_id"),
        ("empty-env", Configuration, "AWS_ACCESS_KEY_ID: not set"),
        ("bsae", Configuration, "did you mean `base`?"),
    ] {
        machine.fails(&of_profile(name), kind, &[words]);
    }
}

#[test]
fn a_profile_that_a_variable_names_must_be_there() {
    let machine = Machine::new(&[("AWS_PROFILE", "ci")]);
    machine.fails(
        &wanted(),
        ClusterErrorKind::Configuration,
        &["there is no AWS profile `ci`", "looked in", "no profiles"],
    );
    let machine = machine.file(".aws/config", "[profile other]\nregion=x\n");
    machine.fails(
        &wanted(),
        ClusterErrorKind::Configuration,
        &["there are other"],
    );
}

#[test]
fn a_web_identity_is_given_its_role() {
    let sts = Service::start(&[
        (200, &from_sts("AssumeRoleWithWebIdentity")),
        (
            400,
            &refusal("ExpiredTokenException", "Token expired: jwt-hush"),
        ),
        (
            403,
            &refusal(
                "AccessDenied",
                "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            ),
        ),
        (503, "busy"),
    ]);
    let machine = Machine::new(&[
        ("AWS_ENDPOINT_URL_STS", &sts.address),
        ("AWS_ROLE_ARN", ARN),
        ("AWS_ROLE_SESSION_NAME", "deploy"),
    ]);
    let file = machine.home.path().join("token");
    let mut machine = machine.file("token", "jwt-hush\n");
    let set = |machine: &mut Machine, path: &str| {
        let name = "AWS_WEB_IDENTITY_TOKEN_FILE".to_owned();
        machine.variables.push((name, path.to_owned()));
    };
    set(&mut machine, &file.display().to_string());
    let found = machine.finds(&wanted());
    is(&found, "ASIAROLE000000000001", &format!("the role {ARN}"));
    let request = &sts.requests()[0];
    assert!(request.contains("WebIdentityToken=jwt-hush"), "{request}");
    assert!(request.contains("RoleSessionName=deploy"), "{request}");
    use ClusterErrorKind::{Authentication, Configuration, Unreachable};
    machine.fails(&wanted(), Authentication, &["ExpiredToken", "log in again"]);
    machine.fails(&wanted(), Authentication, &["AccessDenied", "trust policy"]);
    machine.fails(&wanted(), Unreachable, &["does not give the role"]);
    set(&mut machine, "/nowhere/token");
    machine.fails(&wanted(), Configuration, &["/nowhere/token"]);
}

#[test]
fn a_role_that_the_login_names_is_assumed_by_what_is_found() {
    let sts = Service::start(&[
        (200, &from_sts("AssumeRole")),
        (
            403,
            &refusal(
                "InvalidClientTokenId",
                "The security token is invalid: hush",
            ),
        ),
    ]);
    let variables = [&KEYS[..], &[("AWS_ENDPOINT_URL", sts.address.as_str())]].concat();
    let machine = Machine::new(&variables);
    let wanted = MskIam {
        role: Some(Role {
            arn: ARN.to_owned(),
            session_name: Some("deploy".to_owned()),
            external_id: None,
        }),
        sts_region: Some("us-east-1".to_owned()),
        ..wanted()
    };
    is(
        &machine.finds(&wanted),
        "ASIAROLE000000000001",
        &format!("the role {ARN}"),
    );
    assert!(sts.requests()[0].contains("/us-east-1/sts/aws4_request"));
    machine.fails(
        &wanted,
        ClusterErrorKind::Authentication,
        &[
            "AKIA…0001 of AWS_ACCESS_KEY_ID",
            "InvalidClientTokenId",
            "[secret]",
        ],
    );
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let variables = [&KEYS[..], &[("AWS_ENDPOINT_URL", address.as_str())]].concat();
    let impatient = MskIam {
        timeout: Duration::from_millis(300),
        ..wanted
    };
    let words = "AWS STS in us-east-1 did not answer within 0.3 s";
    Machine::new(&variables).fails(&impatient, ClusterErrorKind::Unreachable, &[words]);
}

#[test]
fn a_container_is_given_credentials() {
    let service = Service::start(&[(200, IN_METADATA), (403, "hush"), (500, "hush")]);
    let uri = format!("{}/v1/credentials", service.address);
    let machine = Machine::new(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)]);
    let mut machine = machine.file("token", "hush-pod\n");
    let file = machine.home.path().join("token").display().to_string();
    let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE".to_owned();
    machine.variables.push((name, file));
    let found = machine.finds(&wanted());
    is(
        &found,
        "ASIASERVICE00000001",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    );
    assert!(found.credential.expires_in.is_some());
    let request = &service.requests()[0];
    assert!(request.starts_with("GET /v1/credentials "), "{request}");
    assert!(request.contains("authorization: hush-pod"), "{request}");
    use ClusterErrorKind::{Authentication, Configuration, Unreachable};
    machine.fails(
        &wanted(),
        Authentication,
        &["it answers 403", "EKS Pod Identity"],
    );
    machine.fails(&wanted(), Unreachable, &["it answers 500"]);
    fs::remove_file(machine.home.path().join("token")).expect("a file");
    machine.fails(&wanted(), Configuration, &["gives no credentials"]);
}

#[test]
fn an_instance_is_given_its_role_and_most_machines_are_none() {
    let service = Service::start(&[(200, "session"), (200, "ci-role"), (200, IN_METADATA)]);
    let on = |address: &str| {
        Machine::new(&[
            ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", address),
        ])
    };
    let found = on(&service.address).finds(&wanted());
    is(&found, "ASIASERVICE00000001", "this instance's role");
    let requests = service.requests();
    assert!(
        requests[0].starts_with("PUT /latest/api/token "),
        "{}",
        requests[0]
    );
    assert!(requests[2].contains("x-aws-ec2-metadata-token: session"));

    let no_role = Service::start(&[(200, "session")]);
    let (configuration, authentication) = (
        ClusterErrorKind::Configuration,
        ClusterErrorKind::Authentication,
    );
    on(&no_role.address).fails(&wanted(), configuration, &["this instance has no role"]);
    let refusing = Service::start(&[(403, "")]);
    on(&refusing.address).fails(&wanted(), authentication, &["it answers 403", "hop"]);
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let impatient = MskIam {
        timeout: Duration::from_millis(300),
        ..wanted()
    };
    let words = "instance metadata: did not answer within 0.3 s";
    on(&address).fails(&impatient, configuration, &[words]);
}

#[test]
fn a_login_of_identity_center_is_used_and_a_missing_one_named() {
    let service = Service::start(&[(
        200,
        r#"{"roleCredentials":{"accessKeyId":"ASIASSO0000000000001","secretAccessKey":"hush",
            "sessionToken":"hush-token","expiration":32472144000000}}"#,
    )]);
    let config = "[profile dev]\nsso_session=corp\nsso_account_id=123456789012\n\
                  sso_role_name=admin\n[sso-session corp]\nsso_region=eu-central-1\n\
                  [profile half]\nsso_account_id=1\n";
    let machine = Machine::new(&[("AWS_SSO_ENDPOINT", &service.address)]);
    let machine = machine.file(".aws/config", config);
    let kind = ClusterErrorKind::Authentication;
    let words = ["of the profile `dev`", "aws sso login --profile dev"];
    machine.fails(&of_profile("dev"), kind, &words);
    let half = "not all that a login needs";
    machine.fails(
        &of_profile("half"),
        ClusterErrorKind::Configuration,
        &[half],
    );
    fs::create_dir_all(machine.home.path().join(".aws/sso/cache")).expect("a directory");
    // The SHA-1 of `corp`, as the AWS CLI names it.
    let machine = machine.file(
        ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        r#"{"accessToken":"hush-sso","expiresAt":"2999-01-01T00:00:00Z"}"#,
    );
    let found = machine.finds(&of_profile("dev"));
    is(&found, "ASIASSO0000000000001", "the profile `dev`");
    assert!(service.requests()[0].contains("x-amz-sso_bearer_token: hush-sso"));
}
