//! Every answer of the ECR API beside AWS's own service model, which botocore carries: the members and their types, the
//! values of enumerations, patterns and lengths, and which exceptions an operation may end with. SDKs drop what the
//! model does not know and choke on what has another type, so the raw bodies are looked at, not what botocore makes of
//! them.

use crate::ecr::botocore;
use crate::yard;

#[test]
fn every_answer_fits_the_model() {
    let yard = yard();
    let script = format!("{JUDGE}\n{CALLS}");
    let Some(out) = botocore("every_answer_fits_the_model", &yard, &script) else { return };
    let (problems, tried) = out.trim().split_once("tried: ").expect("the script ends");
    assert_eq!(problems, "", "answers that do not fit the model");
    for operation in [
        "BatchCheckLayerAvailability",
        "BatchDeleteImage",
        "BatchGetImage",
        "CompleteLayerUpload",
        "CreateRepository",
        "DeleteRepository",
        "DeleteRepositoryPolicy",
        "DescribeImages",
        "DescribeRegistry",
        "DescribeRepositories",
        "GetAuthorizationToken",
        "GetDownloadUrlForLayer",
        "GetRepositoryPolicy",
        "InitiateLayerUpload",
        "ListImages",
        "ListTagsForResource",
        "PutImage",
        "PutImageScanningConfiguration",
        "PutImageTagMutability",
        "SetRepositoryPolicy",
        "TagResource",
        "UntagResource",
        "UploadLayerPart",
    ] {
        assert!(tried.split(' ').any(|one| one == operation), "{operation} has not succeeded once: {tried}");
    }
}

/// Judges each answer as it comes in; `call` goes on whatever the answer is.
const JUDGE: &str = r#"
import re
problems, succeeded = set(), set()
# Anybody may be told these; the model declares them for none, or only for some.
COMMON = {'ServerException', 'InvalidParameterException', 'AccessDeniedException', 'ThrottlingException',
    'SerializationException', 'UnknownOperationException'}
def judge(shape, value, path):
    bad = lambda what: problems.add('%s: %s: %.80r' % (path, what, value))
    bounds, kind = shape.metadata, shape.type_name
    kinds = {'structure': dict, 'list': list, 'map': dict, 'string': str, 'integer': int, 'long': int, 'boolean': bool,
        'timestamp': (int, float)}
    if not isinstance(value, kinds[kind]) or isinstance(value, bool) != (kind == 'boolean'):
        return bad('is no ' + kind)
    if kind == 'structure':
        for name in value.keys() - shape.members.keys():
            bad('has the member %s, which the model does not know' % name)
        for name in set(shape.required_members) - value.keys():
            bad('lacks the required member %s' % name)
        for name in value.keys() & shape.members.keys():
            judge(shape.members[name], value[name], path + '.' + name)
    elif kind == 'map':
        for name in value:
            judge(shape.value, value[name], path + '.' + name)
    elif kind == 'list':
        for item in value:
            judge(shape.member, item, path + '[]')
    elif kind == 'string':
        if getattr(shape, 'enum', None) and value not in shape.enum:
            bad('is none of the enumeration')
        if 'pattern' in bounds and not re.fullmatch(bounds['pattern'], value):
            bad('does not match ' + bounds['pattern'])
        if not bounds.get('min', 0) <= len(value) <= bounds.get('max', len(value)):
            bad('is too short or too long')
def received(event_name, response_dict, **_):
    operation = event_name.rsplit('.', 1)[1]
    model, answer = ecr.meta.service_model.operation_model(operation), json.loads(response_dict['body'])
    if response_dict['status_code'] == 200:
        succeeded.add(operation)
        return judge(model.output_shape, answer, operation)
    code = answer.pop('__type')
    declared = {error.name: error for error in model.error_shapes}
    if code in declared:
        judge(declared[code], answer, operation + ' ' + code)
    elif code not in COMMON:
        problems.add('%s ends with %s, which the model does not declare' % (operation, code))
ecr.meta.events.register('response-received.ecr.*', received)
def call(operation, **args):
    try:
        return getattr(ecr, operation)(**args)
    except ClientError as error:
        return error.response
"#;

/// Each operation once as it succeeds, and in the ways it fails.
const CALLS: &str = r#"
def sha256(data): return 'sha256:' + hashlib.sha256(data).hexdigest()
one, two, none = dict(repositoryName='shape/one'), dict(repositoryName='shape/two'), dict(repositoryName='shape/none')
wildcard = [dict(filterType='WILDCARD', filter='x*')]
arn = call('create_repository', **one, tags=[dict(Key='k', Value='v')])['repository']['repositoryArn']
call('create_repository', **two, imageTagMutability='IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters=wildcard,
    encryptionConfiguration=dict(encryptionType='KMS'))
for wrong in [{}, dict(tags=[dict(Key='aws:x', Value='')]), dict(tags=[dict(Key=str(n), Value='') for n in range(51)])]:
    call('create_repository', **one, **wrong)
for how in [{}, dict(maxResults=1), dict(repositoryNames=['shape/one']), dict(repositoryNames=['shape/none']), dict(nextToken='x')]:
    call('describe_repositories', **how)
call('describe_registry')
call('get_authorization_token')
call('get_authorization_token', registryIds=['111111111111'])
layer = b'layer' * 1000
def part(upload, first, data=layer):
    return call('upload_layer_part', **one, uploadId=upload, partFirstByte=first, partLastByte=first + len(data) - 1, layerPartBlob=data)
def complete(upload, digest):
    return call('complete_layer_upload', **one, uploadId=upload, layerDigests=[digest])
def begin(): return call('initiate_layer_upload', **one)['uploadId']
upload = begin()
complete(upload, sha256(layer))
part(upload, 7)
part(upload, 0)
part(upload, 0)
part('01234567-89ab-cdef-0123-456789abcdef', 0)
complete(upload, sha256(b'other'))
for data in [layer, layer, b'{}']:
    upload = begin()
    part(upload, 0, data)
    complete(upload, sha256(data))
call('initiate_layer_upload', **none)
call('batch_check_layer_availability', **one, layerDigests=[sha256(layer), sha256(b'other'), 'x', 'md5:00'])
call('get_download_url_for_layer', **one, layerDigest=sha256(layer))
MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
def described(data, kind=MANIFEST):
    return dict(mediaType=kind, digest=sha256(data), size=len(data))
def manifest(**more):
    return json.dumps(dict(schemaVersion=2, mediaType=MANIFEST, config=described(b'{}', 'x/config'),
        layers=[described(layer, 'x/layer')], **more))
image = manifest()
digest = sha256(image.encode())
index = json.dumps(dict(schemaVersion=2, mediaType='application/vnd.oci.image.index.v1+json', manifests=[described(image.encode())]))
for put in [dict(imageManifest=image, imageTag='1'), dict(imageManifest=image, imageTag='1'), dict(imageManifest='{'),
    dict(imageManifest=image, imageDigest=sha256(b'other')), dict(imageManifest=index),
    dict(imageManifest=manifest(subject=described(image.encode()), artifactType='x/y', annotations=dict(a='b')), imageTag='about')]:
    call('put_image', **one, **put)
call('put_image', **two, imageManifest=image)
call('put_image', **two, imageManifest=index)
call('get_download_url_for_layer', **one, layerDigest=sha256(layer))
call('get_download_url_for_layer', **one, layerDigest=sha256(b'other'))
for how in [dict(imageTagMutability='IMMUTABLE'), dict(imageTagMutability='MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters=wildcard)]:
    call('put_image_tag_mutability', **one, **how)
    call('put_image', **one, imageManifest=manifest(annotations=dict(n=how['imageTagMutability'])), imageTag='1')
call('put_image_tag_mutability', **one, imageTagMutability='MUTABLE')
call('put_image_scanning_configuration', **one, imageScanningConfiguration=dict(scanOnPush=True))
for operation in ['list_images', 'describe_images']:
    for how in [{}, dict(maxResults=1), dict(nextToken='x')] + [dict(filter=dict(tagStatus=s)) for s in ['TAGGED', 'UNTAGGED', 'ANY']]:
        call(operation, **one, **how)
    call(operation, **none)
for ids in [[dict(imageTag='1')], [dict(imageDigest=digest)], [dict(imageTag='none')], [{}]]:
    call('describe_images', **one, imageIds=ids)
call('batch_get_image', **one, imageIds=[dict(imageTag='1'), dict(imageDigest=digest), dict(imageTag='none'), {}, dict(imageDigest='x'),
    dict(imageTag='a b'), dict(imageTag='about', imageDigest=digest)])
if hasattr(ecr, 'list_image_referrers'):
    for more in [{}, dict(maxResults=1, filter=dict(artifactTypes=['x/y'], artifactStatus='ACTIVE'))]:
        call('list_image_referrers', **one, subjectId=dict(imageDigest=digest), **more)
open_to_all = json.dumps(dict(Version='2012-10-17', Statement=[dict(Effect='Allow', Principal='*', Action='ecr:*')]))
for operation, more in [('get', {}), ('set', dict(policyText='{}')), ('set', dict(policyText=open_to_all)), ('get', {}), ('delete', {}), ('delete', {})]:
    call(operation + '_repository_policy', **one, **more)
for resource in [arn, arn + '-none', 'x']:
    call('tag_resource', resourceArn=resource, tags=[dict(Key='a', Value='b')])
    call('list_tags_for_resource', resourceArn=resource)
    call('untag_resource', resourceArn=resource, tagKeys=['a', 'b'])
call('tag_resource', resourceArn=arn, tags=[dict(Key='', Value='b')])
call('batch_delete_image', **one, imageIds=[dict(imageTag='1', imageDigest=sha256(b'other')), dict(imageDigest=digest), dict(imageTag='none'), {}, dict(imageDigest='x')])
for gone in [one, dict(one, force=True), dict(two, force=True), two]:
    call('delete_repository', **gone)
print('\n'.join(sorted(problems)), 'tried:', *sorted(succeeded))
"#;
