//! The ECR API through the public door: the AWS CLI and botocore as they are, outputs compared, not only exit codes;
//! and both doors, the API and `/v2`, on one state.

use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Peer, Yard, peer_or_skip, skip};
use serde_json::{Value, json};
use std::process::Command;

/// A shell with the AWS CLI as the account root, and `$ECR` for the call.
fn aws_shell(test: &str, yard: &Yard, folder: &std::path::Path) -> Option<Shell> {
    let aws: Peer = peer_or_skip("aws", test)?;
    let call = format!("{} --endpoint-url {} ecr", aws.path.display(), yard.url());
    Some(Shell::in_folder(folder).envs(&yard.aws_env()).env("ECR", &call).env("HOST", &yard.host()))
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Standard error of an AWS CLI call that must be refused by the service: exit code 254.
#[track_caller]
fn refused(shell: &Shell, script: &str) -> String {
    let out = shell.run(script);
    let text = String::from_utf8_lossy(&out.stderr).trim().to_owned();
    assert_eq!(out.status.code(), Some(254), "{script}\n{text}");
    text
}

#[track_caller]
fn members(value: &Value, names: &[&str]) {
    let found: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(found, names, "{value}");
}

#[test]
fn the_aws_cli_prints_what_it_prints_for_ecr() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(sh) = aws_shell("the_aws_cli_prints_what_it_prints_for_ecr", &yard, folder.path()) else { return };

    let made = json_of(&sh.ok("$ECR create-repository --repository-name team/app"));
    members(
        &made["repository"],
        &[
            "repositoryArn",
            "registryId",
            "repositoryName",
            "repositoryUri",
            "createdAt",
            "imageTagMutability",
            "imageScanningConfiguration",
            "encryptionConfiguration",
        ],
    );
    assert_eq!(made["repository"]["repositoryUri"], format!("{}/team/app", yard.host()));
    assert!(made["repository"]["createdAt"].as_str().unwrap().starts_with("20"), "{made}");
    let locked = json_of(&sh.ok(
        "$ECR create-repository --repository-name team/locked --image-tag-mutability IMMUTABLE --tags Key=team,Value=core",
    ));
    assert_eq!(locked["repository"]["imageTagMutability"], "IMMUTABLE");
    assert_eq!(
        refused(&sh, "$ECR create-repository --repository-name team/app"),
        "An error occurred (RepositoryAlreadyExistsException) when calling the CreateRepository operation: The repository with name 'team/app' already exists in the registry with id '000000000000'"
    );
    assert_eq!(
        refused(&sh, "$ECR create-repository --repository-name Team"),
        r"An error occurred (InvalidParameterException) when calling the CreateRepository operation: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*''"
    );
    let password = sh.ok("$ECR get-login-password");
    assert!(password.len() > 40 && password.ends_with('\n') && !password.contains(' '), "{password}");
    let token = json_of(&sh.ok("$ECR get-authorization-token"));
    members(&token["authorizationData"][0], &["authorizationToken", "expiresAt", "proxyEndpoint"]);
    assert_eq!(token["authorizationData"][0]["proxyEndpoint"], yard.url());
    let page = json_of(&sh.ok("$ECR describe-repositories --max-items 1"));
    assert_eq!(page["repositories"].as_array().unwrap().len(), 1);
    assert!(page["NextToken"].is_string(), "{page}");

    images(&sh);

    let gone = refused(&sh, "$ECR delete-repository --repository-name team/app");
    assert!(gone.contains("(RepositoryNotEmptyException)"), "{gone}");
    let deleted = json_of(&sh.ok("$ECR delete-repository --repository-name team/app --force"));
    assert_eq!(deleted["repository"]["repositoryName"], "team/app");
    json_of(&sh.ok("$ECR delete-repository --repository-name team/locked"));
    assert_eq!(json_of(&sh.ok("$ECR describe-repositories")), json!({ "repositories": [] }));
}

/// put-image, describe-images, list-images, batch-delete-image.
fn images(sh: &Shell) {
    let config = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.unknown.config.v1+json","digest":"{config}","size":2}},"layers":[]}}"#
    );
    let sh = sh.env("MANIFEST", &manifest);
    assert_eq!(
        refused(&sh, r#"$ECR put-image --repository-name team/app --image-tag 1.0 --image-manifest "$MANIFEST""#),
        format!(
            "An error occurred (LayersNotFoundException) when calling the PutImage operation: Layers with digests '[{config}]' required for pushing image into repository with name 'team/app' in the registry with id '000000000000' do not exist"
        )
    );
    // The layer API from the command line.
    let upload = sh.ok("$ECR initiate-layer-upload --repository-name team/app --query uploadId --output text");
    let sh = sh.env("UPLOAD", upload.trim());
    sh.ok("printf '{}' > part; $ECR upload-layer-part --repository-name team/app --upload-id $UPLOAD --part-first-byte 0 --part-last-byte 1 --layer-part-blob fileb://part");
    sh.ok(&format!(
        "$ECR complete-layer-upload --repository-name team/app --upload-id $UPLOAD --layer-digests {config}"
    ));
    let put =
        json_of(&sh.ok(r#"$ECR put-image --repository-name team/app --image-tag 1.0 --image-manifest "$MANIFEST""#));
    members(&put["image"], &["registryId", "repositoryName", "imageId", "imageManifest", "imageManifestMediaType"]);
    assert_eq!(put["image"]["imageManifest"], manifest);
    let digest = put["image"]["imageId"]["imageDigest"].as_str().unwrap().to_owned();
    assert_eq!(
        refused(&sh, r#"$ECR put-image --repository-name team/app --image-tag 1.0 --image-manifest "$MANIFEST""#),
        format!(
            "An error occurred (ImageAlreadyExistsException) when calling the PutImage operation: Image with digest '{digest}' and tag '1.0' already exists in the repository with name 'team/app' in registry with id '000000000000'"
        )
    );
    sh.ok(r#"$ECR put-image --repository-name team/app --image-tag latest --image-manifest "$MANIFEST""#);
    let described = json_of(&sh.ok("$ECR describe-images --repository-name team/app"));
    let detail = &described["imageDetails"][0];
    assert_eq!(detail["imageTags"], json!(["1.0", "latest"]));
    assert_eq!(detail["imageDigest"], digest);
    assert_eq!(detail["artifactMediaType"], "application/vnd.unknown.config.v1+json");
    assert!(detail["imagePushedAt"].as_str().unwrap().starts_with("20"), "{detail}");
    assert_eq!(
        json_of(&sh.ok("$ECR list-images --repository-name team/app")),
        json!({ "imageIds": [{ "imageDigest": digest, "imageTag": "1.0" }, { "imageDigest": digest, "imageTag": "latest" }] })
    );
    assert_eq!(json_of(&sh.ok("$ECR list-images --repository-name team/locked")), json!({ "imageIds": [] }));
    assert_eq!(
        refused(&sh, "$ECR describe-images --repository-name team/app --image-ids imageTag=nope"),
        "An error occurred (ImageNotFoundException) when calling the DescribeImages operation: The image with imageId {imageDigest:null, imageTag:'nope'} does not exist within the repository with name 'team/app' in the registry with id '000000000000'"
    );
    assert_eq!(
        json_of(&sh.ok("$ECR batch-delete-image --repository-name team/app --image-ids imageTag=latest imageTag=nope")),
        json!({
            "imageIds": [{ "imageDigest": digest, "imageTag": "latest" }],
            "failures": [{ "imageId": { "imageTag": "nope" }, "failureCode": "ImageNotFound", "failureReason": "Requested image not found" }],
        })
    );
}

#[test]
fn both_doors_show_the_same_state_at_once() {
    let test = "both_doors_show_the_same_state_at_once";
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(sh) = aws_shell(test, &yard, folder.path()) else { return };
    if peer_or_skip("curl", test).is_none() {
        return;
    }
    sh.ok("$ECR create-repository --repository-name team/app");
    let password = sh.ok("$ECR get-login-password");
    let sh = sh.env("AUTH", &format!("AWS:{}", password.trim())).env("V2", &format!("{}/v2/team/app", yard.url()));

    // Pushed at /v2, shown by the API.
    sh.ok(
        r#"printf 'hello layer' > layer; printf '{}' > config
           for file in layer config; do
             digest=sha256:$(sha256sum $file | cut -d' ' -f1)
             curl -sSf -u "$AUTH" -X POST "$V2/blobs/uploads/?digest=$digest" -H 'Content-Type: application/octet-stream' --data-binary @$file
           done
           cat > manifest <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:$(sha256sum config | cut -d' ' -f1)","size":2},"layers":[{"mediaType":"text/plain","digest":"sha256:$(sha256sum layer | cut -d' ' -f1)","size":11}]}
END
           curl -sSf -u "$AUTH" -X PUT "$V2/manifests/1.0" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @manifest"#,
    );
    let digest = format!("sha256:{}", sh.ok("sha256sum manifest | cut -d' ' -f1").trim());
    let described = json_of(&sh.ok("$ECR describe-images --repository-name team/app --image-ids imageTag=1.0"));
    assert_eq!(described["imageDetails"][0]["imageDigest"], digest);
    assert_eq!(described["imageDetails"][0]["imageSizeInBytes"], 11);

    // Put by the API, pulled at /v2, byte for byte.
    sh.ok(r#"sed 's/text.plain/text\/html/' manifest | tr -d '\n' > second; $ECR put-image --repository-name team/app --image-tag 2.0 --image-manifest "$(cat second)""#);
    sh.ok(r#"curl -sSf -u "$AUTH" "$V2/manifests/2.0" > back && cmp back second"#);
    assert_eq!(json_of(&sh.ok(r#"curl -sSf -u "$AUTH" "$V2/tags/list""#))["tags"], json!(["1.0", "2.0"]));

    // The layer by its presigned address: no credentials, nothing of this server's but the address.
    sh.ok(
        r#"url=$($ECR get-download-url-for-layer --repository-name team/app --layer-digest sha256:$(sha256sum layer | cut -d' ' -f1) --query downloadUrl --output text)
           curl -sSf "$url" > down && cmp down layer
           test "$(curl -s -o /dev/null -w '%{http_code}' "${url%?}0x")" = 403"#,
    );

    // Deleted at either door, gone at the other.
    sh.ok("$ECR batch-delete-image --repository-name team/app --image-ids imageTag=2.0");
    assert_eq!(sh.ok(r#"curl -s -o /dev/null -w '%{http_code}' -u "$AUTH" "$V2/manifests/2.0""#), "404");
    sh.ok(&format!(r#"curl -sSf -u "$AUTH" -X DELETE "$V2/manifests/{digest}""#));
    assert_eq!(json_of(&sh.ok("$ECR list-images --repository-name team/app")), json!({ "imageIds": [] }));

    // A tag made immutable by the API is immutable at /v2.
    sh.ok(r#"curl -sSf -u "$AUTH" -X PUT "$V2/manifests/1.0" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @manifest"#);
    sh.ok("$ECR put-image-tag-mutability --repository-name team/app --image-tag-mutability IMMUTABLE");
    let refused = sh.ok(r#"curl -s -u "$AUTH" -X PUT "$V2/manifests/1.0" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @second"#);
    assert_eq!(json_of(&refused)["errors"][0]["code"], "TAG_INVALID", "{refused}");
}

/// Runs a Python script with botocore against the server; `None` after saying that the test is skipped.
pub(crate) fn botocore(test: &str, yard: &Yard, script: &str) -> Option<String> {
    let has = Command::new("python3").args(["-c", "import botocore"]).output();
    if !has.is_ok_and(|out| out.status.success()) {
        skip(test, "python3 with botocore is missing");
        return None;
    }
    let out = Command::new("python3")
        .args(["-c", &format!("{BOTOCORE}\n{script}")])
        .env("ENDPOINT", yard.url())
        .envs(yard.aws_env())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    Some(text)
}

const BOTOCORE: &str = r#"
import hashlib, json, os, urllib.request
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
session = botocore.session.Session()
config = Config(retries={'max_attempts': 0}, parameter_validation=False)
ecr = session.create_client('ecr', endpoint_url=os.environ['ENDPOINT'], region_name='us-east-1', config=config)
def code(call, **args):
    try:
        call(**args)
    except ClientError as error:
        assert error.response['ResponseMetadata']['HTTPStatusCode'] == 400, error.response
        return error.response['Error']['Code']
    raise AssertionError('succeeded')
"#;

#[test]
fn botocore_pushes_an_image_by_the_api_alone() {
    let yard = yard();
    let script = r#"
ecr.create_repository(repositoryName='team/app')
repo = dict(repositoryName='team/app')
blob = bytes(i * 7 % 251 for i in range(1024)) * (12 * 1024)
digest = 'sha256:' + hashlib.sha256(blob).hexdigest()
assert ecr.batch_check_layer_availability(**repo, layerDigests=[digest])['layers'][0]['layerAvailability'] == 'UNAVAILABLE'
def push(data):
    start = ecr.initiate_layer_upload(**repo)
    at = 0
    while at < len(data):
        part = data[at:at + start['partSize']]
        done = ecr.upload_layer_part(**repo, uploadId=start['uploadId'], partFirstByte=at, partLastByte=at + len(part) - 1, layerPartBlob=part)
        at += len(part)
        assert done['lastByteReceived'] == at - 1, done
    return dict(**repo, uploadId=start['uploadId'], layerDigests=['sha256:' + hashlib.sha256(data).hexdigest()])
assert ecr.complete_layer_upload(**push(blob))['layerDigest'] == digest
assert code(ecr.complete_layer_upload, **push(blob)) == 'LayerAlreadyExistsException'
ecr.complete_layer_upload(**push(b'{}'))
manifest = json.dumps({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
    'config': {'mediaType': 'application/vnd.oci.empty.v1+json', 'digest': 'sha256:' + hashlib.sha256(b'{}').hexdigest(), 'size': 2},
    'layers': [{'mediaType': 'application/octet-stream', 'digest': digest, 'size': len(blob)}]})
image = ecr.put_image(**repo, imageManifest=manifest, imageTag='1')['image']
assert image['imageId']['imageDigest'] == 'sha256:' + hashlib.sha256(manifest.encode()).hexdigest()
url = ecr.get_download_url_for_layer(**repo, layerDigest=digest)['downloadUrl']
assert urllib.request.urlopen(url).read() == blob
assert ecr.describe_images(**repo)['imageDetails'][0]['imageSizeInBytes'] == len(blob)
for n in range(7):
    ecr.put_image(**repo, imageManifest=manifest, imageTag='t%d' % n)
tags = [i['imageTag'] for page in ecr.get_paginator('list_images').paginate(**repo, PaginationConfig={'PageSize': 3}) for i in page['imageIds']]
assert sorted(tags) == ['1'] + ['t%d' % n for n in range(7)], tags
too_big = b'x' * 20971521
start = ecr.initiate_layer_upload(**repo)
assert code(ecr.upload_layer_part, **repo, uploadId=start['uploadId'], partFirstByte=0, partLastByte=len(too_big) - 1, layerPartBlob=too_big) == 'InvalidParameterException'
assert code(ecr.list_images, **repo, maxResults=1001) == 'InvalidParameterException'
print('done')
"#;
    if let Some(out) = botocore("botocore_pushes_an_image_by_the_api_alone", &yard, script) {
        assert_eq!(out.trim(), "done");
    }
}

#[test]
fn no_call_of_the_model_is_answered_with_html_or_a_server_error() {
    let yard = yard();
    let script = r#"
from botocore.awsrequest import AWSRequest
from botocore.auth import SigV4Auth
import http.client, urllib.parse
model = ecr.meta.service_model
host = urllib.parse.urlparse(os.environ['ENDPOINT']).netloc
def post(operation, body, sign=True, change=None):
    headers = {'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'AmazonEC2ContainerRegistry_V20150921.' + operation}
    request = AWSRequest('POST', os.environ['ENDPOINT'] + '/', data=body, headers=headers)
    if sign:
        SigV4Auth(session.get_credentials(), 'ecr', 'us-east-1').add_auth(request)
    prepared = request.prepare()
    sent = change if change is not None else body
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request('POST', '/', sent, dict(prepared.headers, **{'Content-Length': str(len(sent))}))
    reply = connection.getresponse()
    text = reply.read()
    assert reply.getheader('content-type') == 'application/x-amz-json-1.1', (operation, reply.getheaders())
    assert len(reply.getheader('x-amzn-requestid')) == 36
    answer = json.loads(text)
    if reply.status == 400:
        assert reply.getheader('x-amzn-errortype') == answer['__type'], answer
        assert answer['message'], answer
        return answer['__type']
    assert reply.status == 200, (operation, body[:100], reply.status, text)
    return 'ok'
bodies = [b'', b'{}', b'[]', b'null', b'{', b'\xff\xfe', b'{"repositoryName":7}', b'{"repositoryName":"..","imageIds":{}}', b'{"repositoryName":"a/b","registryId":"x"}', b'[' * 100000]
seen = set()
for operation in model.operation_names:
    for body in bodies:
        seen.add(post(operation, body))
    assert post(operation, b'{}', sign=False) in ('MissingAuthenticationTokenException', 'UnknownOperationException')
assert post('ListImages', b'{"repositoryName":"aaaa"}', change=b'{"repositoryName":"bbbb"}') == 'InvalidSignatureException'
assert post('NoSuchThing', b'{}') == 'UnknownOperationException'
print(' '.join(sorted(seen)))
"#;
    if let Some(out) = botocore("no_call_of_the_model_is_answered_with_html_or_a_server_error", &yard, script) {
        for code in ["InvalidParameterException", "SerializationException", "UnknownOperationException", "ok"] {
            assert!(out.contains(code), "{out}");
        }
    }
}
