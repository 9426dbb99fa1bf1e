//! Secrets are never printed: every verb that has one is run with all the logging there is, in success and in failure, and
//! what the verbs and the server said is searched for each secret in each form it is sent in.

use crate::docker_registry::{DockerRegistry, PASSWORD, USER};
use crate::doors::{PROXY_PASSWORD, PROXY_USER, Proxy};
use crate::management::Management;
use crate::pack_shell::{as_root, json, pack_shell};
use crate::shell::Shell;
use crate::yard_builder;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use packyard_testkit::{PackBuilder, peer_or_skip};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

const SEAL_KEY: &str = "5ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea1";
const BEARER: &str = "bearer-token-of-the-token-server";
const REFRESH: &str = "refresh-token-of-the-token-server";
const WRONG: &str = "wrong-password-0815";
const USERINFO: &str = "userinfo-password-0815";

/// Everything that may not be seen, and what was said.
#[derive(Default)]
struct Watch {
    secrets: Vec<(String, String)>,
    said: Vec<(String, String)>,
}

impl Watch {
    fn secret(&mut self, what: &str, text: &str) {
        assert!(text.len() > 10, "{what} is too short to be looked for");
        self.secrets.push((what.to_owned(), text.to_owned()));
        self.secrets.push((format!("{what} in base64"), BASE64.encode(text)));
    }

    /// A user name and password, as they are sent.
    fn login(&mut self, user: &str, password: &str) {
        self.secret(&format!("the password of {user}"), password);
        self.secret(&format!("the login of {user}"), &format!("{user}:{password}"));
    }

    /// Runs a script whose end is to be as expected, and keeps all that it says.
    fn run(&mut self, shell: &Shell, succeeds: bool, script: &str) {
        let out = shell.run(script);
        let text = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert_eq!(
            out.status.success(),
            succeeds,
            "{script}\n{}",
            text.lines().rev().take(5).collect::<Vec<_>>().join("\n")
        );
        self.said.push((script.to_owned(), text));
    }

    fn check(&self) {
        let mut seen = Vec::new();
        for (script, text) in &self.said {
            for (what, secret) in &self.secrets {
                if let Some(line) = text.lines().find(|line| line.contains(secret.as_str())) {
                    let start = line.find(secret.as_str()).unwrap();
                    let shown: String = line.chars().skip(start.saturating_sub(160)).take(320).collect();
                    seen.push(format!("`{script}` shows {what}: ...{shown}..."));
                }
            }
        }
        assert!(seen.is_empty(), "{} secrets were printed:\n{}", seen.len(), seen.join("\n"));
    }
}

/// A registry in front of which a token server stands, which knows the same login as docker-registry here, and may give
/// tokens to anybody. Gives its port.
pub(crate) fn bearer_registry(takes_anybody: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || bearer_answer(socket, port, takes_anybody));
        }
    });
    port
}

fn bearer_answer(mut socket: std::net::TcpStream, port: u16, takes_anybody: bool) -> Option<()> {
    let mut head = String::new();
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|read| *read > 0)?;
    }
    let header = |name: &str| {
        let found = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
        found.and_then(|line| Some(line.split_once(": ")?.1.to_owned())).unwrap_or_default()
    };
    let (path, shown) = (head.split(' ').nth(1)?.to_owned(), header("authorization"));
    let may = shown == format!("Basic {}", BASE64.encode(format!("{USER}:{PASSWORD}")))
        || head.starts_with("POST /token")
        || takes_anybody && shown.is_empty();
    let (status, extra, body) = match path.as_str() {
        path if path.starts_with("/token") && may => ("200 OK", String::new(), format!(r#"{{"token":"{BEARER}"}}"#)),
        path if !path.starts_with("/token") && shown == format!("Bearer {BEARER}") => {
            ("200 OK", String::new(), r#"{"name":"x","tags":["1.0.0"]}"#.to_owned())
        }
        _ => {
            let realm = format!("www-authenticate: Bearer realm=\"http://localhost:{port}/token\",service=\"s\"\r\n");
            ("401 Unauthorized", realm, r#"{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}"#.to_owned())
        }
    };
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 {status}\r\n{extra}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    socket.write_all(reply.as_bytes()).ok()
}

#[test]
fn no_log_and_no_message_holds_a_secret() {
    let test = "no_log_and_no_message_holds_a_secret";
    let Some(program) = peer_or_skip("docker-registry", test) else { return };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (registry, proxy) = (DockerRegistry::start(&program, data.path()), Proxy::start());
    let yard =
        yard_builder().arg("--tls-self-signed").env("RUST_LOG", "trace").env("PACKYARD_SECRET_KEY", SEAL_KEY).start();
    let api_key = Management::log_in(&yard).api_key();
    let bare = pack_shell(folder.path(), &[])
        .env("RUST_LOG", "trace")
        .env("H", &yard.host())
        .env("D", &registry.host)
        .env("B", &format!("localhost:{}", bearer_registry(false)))
        .env("PASSWORD", PASSWORD)
        .env("WRONG", WRONG)
        .env("CA", &yard.data.join("tls/ca.pem").display().to_string())
        .env("U", USER);
    let quiet = as_root(&bare, &yard).env("PACKYARD_SERVER", &yard.url()).env("RUST_LOG", "off");
    let root = quiet.env("RUST_LOG", "trace").env("PACKYARD_API_KEY", &api_key);

    let mut watch = Watch::default();
    watch.login(&yard.admin_email, &yard.admin_password);
    watch.login(USER, PASSWORD);
    watch.login(USER, WRONG);
    watch.login(PROXY_USER, PROXY_PASSWORD);
    watch.login("ann", USERINFO);
    for (what, secret) in [
        ("the root's secret key", yard.root_secret.as_str()),
        ("the sealing key", SEAL_KEY),
        ("the API key", &api_key),
        ("a bearer token", BEARER),
        ("a refresh token", REFRESH),
    ] {
        watch.secret(what, secret);
    }
    let session = temporary_keys(&quiet, &mut watch);

    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    logins(&mut watch, &bare, &root);
    let token = std::fs::read_to_string(folder.path().join("ecr/config.json")).unwrap();
    let token: serde_json::Value = serde_json::from_str(&token).unwrap();
    let encoded = token["auths"][&yard.host()]["auth"].as_str().unwrap();
    watch.secret(
        "the ECR token",
        String::from_utf8(BASE64.decode(encoded).unwrap()).unwrap().split_once(':').unwrap().1,
    );
    watch.secrets.push(("the ECR login".to_owned(), encoded.to_owned()));

    packs(&mut watch, &root, &session);
    addresses(&mut watch, &root, &bare, &proxy);
    server_verbs(&mut watch, &root);
    watch.run(&bare, true, "packyard logout $D -vv");

    let logged = watch.said.iter().filter(|(_, text)| text.contains(" TRACE ")).count();
    assert!(logged > 40, "{logged} of {} commands log all there is", watch.said.len());
    assert!(yard.log().contains("TRACE"), "the server logs all there is");
    watch.said.push(("packyard serve".to_owned(), yard.log()));
    watch.check();
}

/// A shell with the keys of a role's session, which are secrets too.
fn temporary_keys(quiet: &Shell, watch: &mut Watch) -> Shell {
    let account = json(quiet, "packyard iam get-caller-identity --output json")["Account"].as_str().unwrap().to_owned();
    quiet.env("A", &account).ok(
        r#"trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::'$A':root"},"Action":"sts:AssumeRole"}]}'
        packyard iam create-role --role-name r --assume-role-policy-document "$trust" >/dev/null
        packyard iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess
        packyard iam create-user --user-name ann >/dev/null
        packyard iam put-user-policy --user-name ann --policy-name assume --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}'"#,
    );
    let made = json(quiet, "packyard iam create-access-key --user-name ann --output json");
    let key = |name: &str| made["AccessKey"][name].as_str().unwrap().to_owned();
    watch.secret("ann's secret key", &key("SecretAccessKey"));
    let ann = quiet.env("AWS_ACCESS_KEY_ID", &key("AccessKeyId")).env("AWS_SECRET_ACCESS_KEY", &key("SecretAccessKey"));
    let assumed = json(
        &ann.env("A", &account),
        "packyard iam assume-role --role-arn arn:aws:iam::$A:role/r --role-session-name session --output json",
    );
    let key = |name: &str| assumed["Credentials"][name].as_str().unwrap().to_owned();
    watch.secret("the secret key of a session", &key("SecretAccessKey"));
    watch.secret("a session token", &key("SessionToken"));
    quiet
        .env("RUST_LOG", "trace")
        .env("AWS_ACCESS_KEY_ID", &key("AccessKeyId"))
        .env("AWS_SECRET_ACCESS_KEY", &key("SecretAccessKey"))
        .env("AWS_SESSION_TOKEN", &key("SessionToken"))
}

fn logins(watch: &mut Watch, bare: &Shell, root: &Shell) {
    for (succeeds, script) in [
        (true, "printf %s $PASSWORD | packyard login $D -u $U --password-stdin -vv"),
        (true, "printf %s $PASSWORD | packyard login $B -u $U --password-stdin -vv"),
        (false, "printf %s $WRONG | packyard login $D -u $U --password-stdin -vv"),
        (false, "printf %s $WRONG | packyard login $B -u $U --password-stdin -vv"),
        (false, "printf %s $WRONG | packyard login localhost:1 -u $U --password-stdin -vv"),
    ] {
        watch.run(bare, succeeds, script);
    }
    let kept_apart = root.env("DOCKER_CONFIG", "ecr");
    watch.run(&kept_apart, true, "packyard login $H --auth ecr -vv");
    let wrong = kept_apart.env("AWS_SECRET_ACCESS_KEY", WRONG);
    watch.run(&wrong, false, "packyard login $H --auth ecr -vv");
    // What lies in the file, in other forms and broken.
    let other = format!(
        r#"mkdir -p other && printf '{{"auths":{{"%s":{{"identitytoken":"{REFRESH}"}}}}}}' $B >other/config.json"#
    );
    watch.run(&bare.env("DOCKER_CONFIG", "other"), true, &format!("{other} && packyard pack list $B/x --name y -vv"));
    let broken =
        format!(r#"mkdir -p broken && printf '{{"auths":{{"%s":{{"auth":"{WRONG}%%"}}}}}}' $D >broken/config.json"#);
    bare.ok(&broken);
    watch.run(&bare.env("DOCKER_CONFIG", "broken"), false, "packyard pack list $D/x -vv");
}

fn packs(watch: &mut Watch, root: &Shell, session: &Shell) {
    for (shell, succeeds, script) in [
        (root, true, "packyard publish hello --to $H/team -vv"),
        (session, true, "packyard publish hello --to $H/other -vv"),
        (root, true, "packyard publish hello --to $D/team -vv"),
        (root, true, "packyard pack pull $D/team/hello:1.0.0 --out pulled -vv"),
        (root, true, "packyard pack inspect $H/team/hello:1.0.0 -vv"),
        (root, true, "packyard pack list $H/team -vv"),
        (root, true, "packyard pack list $B/x --name y -vv"),
        (root, true, "packyard pack copy $D/team/hello:1.0.0 $H/copies -vv"),
        (root, true, "packyard pack diff $D/team/hello:1.0.0 $H/team/hello:1.0.0 -vv"),
        // With TLS, where other libraries have something to say.
        (root, true, "packyard publish hello --to https://$H/tls --ca-file $CA -vv"),
        (session, true, "packyard pack pull https://$H/tls/hello:1.0.0 --ca-file $CA --out tls -vv"),
        (root, true, "packyard registry list --server https://$H --server-ca $CA -vv"),
        (root, true, "packyard iam list-users --server https://$H --ca-file $CA -vv"),
        (root, false, "packyard publish hello --to https://$H/tls -vv"),
        (root, false, "packyard publish hello --to localhost:1/team -vv"),
        (root, false, "packyard pack pull $H/team/none:1.0.0 -vv"),
        (&root.env("AWS_SECRET_ACCESS_KEY", WRONG), false, "packyard publish hello --to $H/team -vv"),
        (&session.env("AWS_SESSION_TOKEN", WRONG), false, "packyard publish hello --to $H/team -vv"),
    ] {
        watch.run(shell, succeeds, script);
    }
}

/// Addresses with a password in them, typed and in the environment.
fn addresses(watch: &mut Watch, root: &Shell, bare: &Shell, proxy: &Proxy) {
    let good = proxy.url(PROXY_PASSWORD);
    let wrong = proxy.url(WRONG);
    let by = |shell: &Shell, url: &str| shell.env("HTTP_PROXY", url).env("HTTPS_PROXY", url).env("NO_PROXY", "");
    watch.run(&by(root, &good), true, "packyard pack list http://packs.test:${H#*:}/team -vv");
    watch.run(&by(root, &wrong), false, "packyard pack list http://packs.test:${H#*:}/team -vv");
    watch.run(&by(root, &wrong), false, "packyard pack list https://registry.example.com/team --auth anonymous -vv");
    let away = format!("http://ann:{USERINFO}@localhost:1");
    watch.run(&by(root, &away), false, "packyard pack list http://packs.test/team -vv");
    let at = root.env("AT", &format!("http://ann:{USERINFO}@"));
    for script in [
        "packyard publish hello --to ${AT}$D/team",
        "packyard pack pull ${AT}$D/team/hello:1.0.0",
        "packyard pack pull ${AT}$D/team/hello@sha256:0000",
        "packyard pack inspect ${AT}$D/team/hello:1.0.0",
        "packyard pack list ${AT}$D/team",
        "packyard pack list ${AT#http://}$D/team",
        "packyard pack copy ${AT}$D/team/hello:1.0.0 ${AT}$H/team",
        "packyard pack diff ${AT}$D/team/hello:1.0.0 hello",
        "packyard login ${AT}$D -u $U --password-stdin </dev/null",
        "packyard logout ${AT}$D",
        "packyard registry list --server ${AT}localhost:1",
        "packyard registry list --server ${AT}localhost:nonsense",
        "packyard registry add r --endpoint ${AT}$D --base team",
        "packyard registry validate --endpoint ${AT}$D",
        "packyard iam list-users --server ${AT}$H",
        "packyard publish hello --to $H/team --ecr-endpoint-url ${AT}$H",
        "packyard serve --public-url ${AT}h/path --data d",
        "packyard serve --database-url ${AT/http/postgres}localhost:1/none --data d",
    ] {
        watch.run(&at, false, &format!("{script} -v"));
        watch.run(&at, false, &format!("{script} -v --output json"));
    }
    watch.run(&bare.env("AWS_SECRET_ACCESS_KEY", WRONG), false, "packyard publish hello --to $H/team -vv");
}

fn server_verbs(watch: &mut Watch, root: &Shell) {
    for (succeeds, script) in [
        (
            true,
            "printf %s $PASSWORD | packyard registry add docker --endpoint http://$D --base team --username $U --secret-stdin -vv",
        ),
        (
            false,
            "printf %s $WRONG | packyard registry add other --endpoint http://$D --base team --username $U --secret-stdin -vv",
        ),
        (
            false,
            "printf %s $WRONG | packyard registry validate --endpoint http://$B --base x --username $U --secret-stdin -vv",
        ),
        (
            true,
            "printf %s $AWS_SECRET_ACCESS_KEY | packyard registry add own --kind ecr --endpoint http://$H --base team --access-key $AWS_ACCESS_KEY_ID --secret-stdin -vv",
        ),
        (
            false,
            "printf %s $WRONG | packyard registry validate --kind ecr --endpoint http://$H --base team --access-key $AWS_ACCESS_KEY_ID --secret-stdin -vv",
        ),
        (true, "packyard registry sync docker -vv"),
        (true, "packyard registry list -vv"),
        (true, "packyard pack search -vv"),
        (true, "packyard iam create-login-profile --user-name ann --password $WRONG -vv"),
        (false, "packyard iam create-login-profile --user-name nobody --password $WRONG -vv"),
        (false, "packyard iam create-login-profile --user-name ann --passwort $WRONG -vv"),
        (false, "PACKYARD_API_KEY=$WRONG packyard registry list -vv"),
        (false, "packyard registry list --api-key $WRONG -vv"),
        (true, "packyard registry --help && packyard registry list --help && packyard serve --help"),
        (false, "PACKYARD_SECRET_KEY=$WRONG packyard serve --data d -vv"),
        (false, "PACKYARD_ROOT_SECRET_ACCESS_KEY=$WRONG PACKYARD_ROOT_ACCESS_KEY_ID=x packyard serve --data d -vv"),
        (false, "PACKYARD_ADMIN_PASSWORD=$WRONG PACKYARD_ADMIN_EMAIL=nonsense packyard serve --data d -vv"),
    ] {
        watch.run(root, succeeds, script);
    }
}
