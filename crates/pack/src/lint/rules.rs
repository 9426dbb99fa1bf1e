//! The table of findings. A code never changes its meaning and is never used again; docs/packs.md is made from this table.
//!
//! PACK0xx: the pack is refused. PACK1xx: pack.json. PACK12x: declared files. PACK13x: where it is published.
//! PACK14x: values.yaml. PACK15x: schema.yaml. PACK16x: presets.yaml. PACK17x: other files.
//! PACK18x: what the pack uses and brings along. PACK19x: only with `--pedantic`.

use super::finding::Severity::{self, Error, Warning};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub code: &'static str,
    pub severity: Severity,
    pub title: &'static str,
    /// Why it matters.
    pub explanation: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

macro_rules! rules {
    ($($name:ident = $code:literal $severity:ident $title:literal: $explanation:literal => $fix:literal;)*) => {
        $(pub(crate) const $name: Rule =
            Rule { code: $code, severity: $severity, title: $title, explanation: $explanation, fix: $fix };)*
        /// Every rule, by code.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    NO_PACK_JSON = "PACK001" Error "no pack.json":
        "The identity of a pack comes from pack.json, in the pack's folder; names of folders and archives say nothing." =>
        "Put pack.json at the top of the pack's folder and archive that folder.";
    NOT_JSON = "PACK002" Error "pack.json is not a JSON object":
        "pack.json is read strictly as JSON: no comments, no trailing commas, UTF-8." =>
        "Mend the place named; any JSON checker shows the same error.";
    IDENTITY_MISSING = "PACK003" Error "name, version or layer is missing":
        "Without the three, nobody can refer to the pack. Each must be a string that is not empty." =>
        "Add the field to pack.json.";
    UNKNOWN_LAYER = "PACK004" Error "unknown layer":
        "A pack belongs to one layer of a cluster: kernel, os, k8s, cni, csi or addon." =>
        "Use one of the six; most packs are `addon`.";
    UNUSABLE_IDENTITY = "PACK005" Error "name or version cannot be published":
        "The name becomes the last part of a repository name and the version a tag, so both follow the rules of OCI registries." =>
        "Use lower-case letters, digits and single `-` in the name; letters, digits, `.`, `-` and `_` in the version.";
    VALUES_NOT_UTF8 = "PACK006" Error "values.yaml is not UTF-8":
        "Values are text that people edit and clients send as JSON; other encodings cannot be kept byte for byte." =>
        "Save the file as UTF-8.";
    VALUES_NOT_YAML = "PACK007" Error "values.yaml is not YAML":
        "Values that do not parse cannot be shown, edited or deployed." =>
        "Mend the place named; mind indentation and quotes around `{{ }}`.";
    SEVERAL_PACKS = "PACK008" Error "several packs in one archive":
        "One artifact holds one pack." =>
        "Archive each pack's folder on its own.";
    OVER_LIMIT = "PACK010" Error "over a limit":
        "Packs are read under limits, so that an archive cannot exhaust the machine that reads it." =>
        "Leave out what is not part of the pack, with .packignore for example; `--limit NAME=VALUE` raises the limit named, in a server's settings too.";
    UNSAFE_PATH = "PACK011" Error "a path leaves the pack's folder":
        "Absolute paths, `..`, backslashes and control characters in names write or show something else than they seem to." =>
        "Archive the folder from its parent folder: tar -czvf NAME-VERSION.tar.gz FOLDER.";
    UNSAFE_LINK = "PACK012" Error "a link leads out, or stands where a file must be":
        "A link to a file outside of the pack means another file on each machine; links inside an archive are not followed." =>
        "Replace the link by the file itself; `packyard publish` does so for links inside the folder.";
    SPECIAL_FILE = "PACK013" Error "a device, pipe, socket or sparse file":
        "A pack holds plain files and folders." =>
        "Remove the entry.";
    COLLIDING_PATHS = "PACK014" Error "two entries with one name":
        "Which of the two counts depends on the reader, and on file systems that ignore case one hides the other." =>
        "Keep one of the two; make the archive anew rather than append to it (`tar -r`).";
    BAD_ARCHIVE = "PACK015" Error "the archive cannot be read":
        "The archive is cut off, damaged, contradictory, or no tar at all." =>
        "Make the archive anew and push it again.";
    UNSAFE_REFERENCE = "PACK016" Error "pack.json names a file outside of the pack":
        "`charts` and `kubeManifests` are relative paths inside the pack's folder." =>
        "Copy the file into the pack and name it relative to pack.json.";
    UNREADABLE = "PACK017" Error "a file cannot be read":
        "What cannot be read can be neither checked nor archived, and a pack without it would be another one." =>
        "Give yourself the right to read it (chmod u+r, for a folder u+rx), or leave it out with .packignore.";

    VERSION_V = "PACK101" Warning "version starts with v":
        "Versions are compared as numbers; the prefix is ignored here, but other tools sort such versions as text or refuse them." =>
        "Write the version without the `v`.";
    VERSION_PARTS = "PACK102" Warning "version is not MAJOR.MINOR.PATCH":
        "Missing parts count as 0 here; other tools take the version for text." =>
        "Write all three numbers.";
    VERSION_ZERO = "PACK103" Warning "a number of the version has a leading zero":
        "SemVer forbids it. The version is sorted by its numbers and its text is kept." =>
        "Write the numbers without leading zeros.";
    VERSION_TEXT = "PACK104" Warning "version is not SemVer":
        "It is sorted by the rules of docs/packs.md; other tools may sort it differently." =>
        "Use a version of SemVer 2.";
    DISPLAY_NAME_MISSING = "PACK105" Warning "displayName is missing":
        "Lists show the display name; here the name stands in." =>
        "Add `displayName`.";
    WRONG_TYPE = "PACK106" Warning "a field has the wrong type":
        "The field is ignored." =>
        "Give the field the type named.";
    DUPLICATE_FIELD = "PACK107" Warning "a field is given twice":
        "JSON readers differ in which of the two they take." =>
        "Remove one.";
    NO_CLOUD_TYPES = "PACK108" Warning "cloudTypes is missing":
        "Palette requires the field; the pack is offered for every cloud." =>
        "Add `\"cloudTypes\": [\"all\"]`.";
    DEPENDENCY_TYPE = "PACK109" Warning "a dependency without a known type":
        "The type says whether the other pack is required, optional, notSupported, or bounds an upgrade; without it the dependency has no effect." =>
        "Add `\"type\": \"required\"` or `\"optional\"`.";
    NAME_RESERVED = "PACK110" Warning "name contains --":
        "Clients use `--` to join names and may cut this name in two." =>
        "Use a single `-`.";
    DEPENDENCY_RANGE = "PACK111" Warning "a dependency that no version meets":
        "The upper bound is below the lower one, so no profile can satisfy the dependency. A bound such as 1.29 stands for all of 1.29; an empty bound is open." =>
        "Correct `minVersion` or `maxVersion`, or leave one empty.";

    DEPENDENCY_UNMET = "PACK112" Warning "a dependency that no known version meets":
        "Of the versions that are linted together or are in the registry named, none is in the range, so a profile of these cannot satisfy the dependency." =>
        "Correct `minVersion` or `maxVersion`, or add a version of the other pack that is in the range.";
    DEPENDENCY_NAME = "PACK113" Warning "a dependency without a name":
        "A dependency names the other pack in `packName`; without it the dependency has no effect." =>
        "Add `packName`, or remove the dependency.";
    DEPENDENCY_BOUND = "PACK114" Warning "a bound that is no version":
        "`minVersion` and `maxVersion` are versions such as 1.29 or 1.29.4; operators and wildcards are not understood." =>
        "Write the version alone; an empty bound is open.";
    CLOUD_UNKNOWN = "PACK115" Warning "an unknown cloud type":
        "A pack is offered for the clouds in `cloudTypes`; one that Palette does not know is never chosen." =>
        "Use `all`, or the cloud's name as Palette writes it, such as `aws`, `edge-native` or `vsphere`.";
    RESOURCE = "PACK116" Warning "a resource constraint is not understood":
        "A constraint has the type `cpu`, `memory` or `diskSize` and either `minLimit` or `components`, whose `scheduleType` is `all`, `control-plane` (or `master`) or `worker`." =>
        "Correct the field named.";
    RESOURCE_PATH = "PACK117" Warning "a resource constraint points nowhere":
        "The need is read from the value at that path; neither values.yaml, nor a preset, nor the chart's own values have it." =>
        "Correct the path, or add the value.";

    FILE_MISSING = "PACK120" Warning "a declared file is missing":
        "pack.json names a chart or manifest that is not in the pack, so it will not be deployed." =>
        "Add the file or remove it from pack.json.";
    CHART_UNREADABLE = "PACK121" Warning "a declared chart cannot be read":
        "A chart is a .tgz with one folder that holds Chart.yaml with name and version." =>
        "Package the chart again with `helm package`.";

    TAG_DIFFERS = "PACK130" Warning "tag differs from the version":
        "The pack is indexed under the version in pack.json; the tag is kept beside it." =>
        "Push the pack under its version as the tag.";
    REPOSITORY_DIFFERS = "PACK131" Warning "repository differs from the name":
        "The pack is indexed under the name in pack.json; the repository's last part should be the same." =>
        "Push the pack to a repository whose last part is its name.";

    NO_PACK_MAP = "PACK140" Warning "values.yaml has no pack map":
        "The `pack` map holds namespace and images; without it the pack is deployed to the default namespace and its images cannot be listed." =>
        "Add `pack:` with `namespace` and `content.images`.";
    CHART_KEY_MISSING = "PACK141" Warning "no values for a chart":
        "Values of a chart stand under `charts.<chart name>`; other places do not reach the chart." =>
        "Move the chart's values under the key named.";
    CONTENT_ITEM = "PACK142" Warning "an entry of pack.content is not understood":
        "Entries of `images` have the key `image`; entries of `charts` have `repo`, `name`, `version`. Others are not loaded for sites without a network." =>
        "Mend the key; it may be a typing error.";
    VALUES_DUPLICATE_KEY = "PACK143" Warning "a key of values.yaml is given twice":
        "YAML forbids it; readers differ in which of the two they take." =>
        "Remove one.";
    VALUES_MISSING = "PACK144" Warning "values.yaml is missing":
        "The file is mandatory, though it may be empty." =>
        "Add values.yaml.";
    VALUES_SHAPE = "PACK145" Warning "values.yaml is not one map":
        "Values are one YAML document that is a map; the rest is not read." =>
        "Make the file one map.";
    ENABLED_PRESET_UNKNOWN = "PACK146" Warning "an enabled preset does not exist":
        "The comment `spectrocloud.com/enabled-presets` in the first line names presets that presets.yaml does not have." =>
        "Remove the name from the comment, or add the preset.";
    MACRO_BRACES = "PACK147" Warning "a macro's braces do not match":
        "A macro is `{{.spectro...}}` on one line; without both pairs of braces it is deployed as the text it is." =>
        "Write `{{` before it and `}}` behind it.";
    MACRO_UNKNOWN = "PACK148" Warning "an unknown macro":
        "Palette resolves `.spectro.system` with names of its own, `.spectro.pack`, `.spectro.var` and `.spectro.macro`; the deployment of another one fails." =>
        "Use a macro that Palette has; the page of macros in its documentation lists them.";
    MACRO_PACK_PATH = "PACK149" Warning "a reference to a value that the pack does not have":
        "`{{.spectro.pack.NAME.path}}` takes the value at that path of that pack; here it names this very pack, and neither values.yaml nor a preset has the path." =>
        "Correct the path, or add the value.";

    SCHEMA_PATH = "PACK150" Warning "a schema key points nowhere":
        "The form shows a field for a value that neither values.yaml, nor a preset, nor the chart's own values have." =>
        "Add the value to values.yaml, or correct the path.";
    SCHEMA_UNREADABLE = "PACK151" Warning "schema.yaml cannot be read":
        "Without it there is no form for the values." =>
        "schema.yaml maps dotted paths to `{schema: '{{ ... }}'}`.";
    SCHEMA_EXPRESSION = "PACK152" Warning "a schema expression is not understood":
        "An expression is made of `required`, `readonly`, `format \"...\"` and `hints \"...\"` joined by `|`." =>
        "Mend the expression at the place named.";

    SCHEMA_DEFAULT = "PACK153" Warning "a default that its own schema refuses":
        "The form shows the value in values.yaml and then does not let it be saved. Empty values, and those with a macro, are not asked." =>
        "Correct the value, or the `format` in schema.yaml.";

    PRESETS_UNREADABLE = "PACK160" Warning "presets.yaml cannot be read":
        "Without it no presets are offered." =>
        "presets.yaml has one list, `presets`, of maps with name, displayName, group, remove and add.";
    PRESET_INCOMPLETE = "PACK161" Warning "a preset is incomplete":
        "A preset has name, displayName, group, remove (a list of paths) and add (YAML text); this one is not offered." =>
        "Add what is missing.";
    PRESET_KEY = "PACK162" Warning "a preset adds a value that nothing reads":
        "The key's name occurs neither in values.yaml nor in a manifest nor in a chart, so choosing the preset does not do what it says." =>
        "Correct the key in `add`; it may be a typing error or a key of another version of the chart.";

    PRESET_TWICE = "PACK163" Warning "two presets with one name":
        "A preset is known by its group and name, so only one of the two can be chosen." =>
        "Rename or remove one.";
    ENABLED_PRESETS_CLASH = "PACK164" Warning "two presets of one group are enabled":
        "One preset of a group may be on; the comment `spectrocloud.com/enabled-presets` names two." =>
        "Keep the one whose values the file has.";
    PRESET_REMOVES_NOTHING = "PACK165" Warning "a preset removes a value that is not there":
        "Choosing the preset deletes the paths in `remove`; neither values.yaml, nor a preset, nor the chart's own values have this one, and no template reads a value of that name." =>
        "Correct the path; those of a chart start with `charts.<chart name>.`.";

    LOGO_UNKNOWN = "PACK170" Warning "logo.png is no image":
        "Logos are PNG, JPEG, GIF or WebP; an SVG can carry scripts and is not shown." =>
        "Save the logo as PNG.";
    NOT_READ = "PACK171" Warning "a file is not read":
        "The file is listed, but its content is not shown: it is too large, not UTF-8, or a link." =>
        "Make it a plain UTF-8 file of moderate size.";
    LOGO_LARGE = "PACK172" Warning "the logo is large":
        "Lists show many logos at once; known packs have logos of up to 126 KB." =>
        "Save the logo with fewer pixels: 512 on a side are plenty.";
    NEAR_LIMIT = "PACK173" Warning "near a limit":
        "Packs are read under limits (docs/packs.md, \"The archive\"); over one, the pack is refused." =>
        "Leave out what is not part of the pack, with .packignore for example; unpacked copies of charts are not needed.";

    SECRET = "PACK180" Warning "a secret is in the pack":
        "Whoever can read the registry can read it, and pushed versions stay readable. Private keys and access keys of known forms are looked for; examples are not." =>
        "Withdraw the secret where it was issued, and take it from a variable or a Kubernetes secret instead.";
    IMAGE_UNLISTED = "PACK181" Warning "an image is used but not listed":
        "Sites without a network are loaded from `pack.content.images`; an image that is missing there cannot be pulled." =>
        "Add the image to `pack.content.images`.";
    IMAGE_UNUSED = "PACK182" Warning "an image is listed but not used":
        "The image is loaded to every site, but its name occurs nowhere in values, presets, manifests and charts." =>
        "Remove the entry, or correct its name.";
    VALUE_UNREAD = "PACK183" Warning "a value that the chart does not have":
        "The name of the key occurs neither in the chart's own values nor in its templates, so the value has no effect. Keys below a map that is empty by default are free." =>
        "Correct the key; it may be a typing error or a key of another version of the chart.";
    VALUES_OF_NO_CHART = "PACK184" Warning "values of no chart":
        "What stands under `charts.<name>` reaches the chart of that name; the pack has no such chart." =>
        "Use the chart's name as in its Chart.yaml, or remove the values.";
    MACRO_PACK = "PACK185" Warning "a value of a pack that is no dependency":
        "`{{.spectro.pack.NAME.path}}` is resolved only when a pack of that name is in the same profile; a dependency says so before the deployment fails." =>
        "Add the pack to `constraints.dependencies` in pack.json.";
    MACRO_FUNCTION = "PACK186" Warning "an unknown function in a macro":
        "Macros know the functions of Go's templates and of Sprig; the deployment of another one fails." =>
        "Use a function of Sprig, such as `default`, `upper` or `substr`.";
    PACK_FIELD = "PACK187" Warning "a field of the pack map is not understood":
        "Palette reads `namespace` and `additionalNamespaces` as names of namespaces, `spectrocloud.com/install-priority` as a number, and the keys of `releaseNameOverride` as names of charts." =>
        "Correct the field named.";

    README_MISSING = "PACK190" Warning "no README":
        "Palette's community repository asks for one; here a pack may do without. Looked for with --pedantic only." =>
        "Add README.md: what the pack does, what it needs, how it is used.";
    LOGO_MISSING = "PACK191" Warning "no logo":
        "Palette's community repository asks for one; here the name stands in. Looked for with --pedantic only." =>
        "Add logo.png.";
    IMAGES_MISSING = "PACK192" Warning "no images are listed":
        "Palette's community repository asks for `pack.content.images`, unless the layer is os or k8s; sites without a network are loaded from it. Looked for with --pedantic only." =>
        "List the images that the pack uses.";
    INDENTATION = "PACK193" Warning "indentation of values.yaml":
        "The validator of Palette's community repository takes only multiples of two spaces and no tabs. Looked for with --pedantic only." =>
        "Indent by two spaces.";
    PADDED = "PACK194" Warning "a text with outer blanks":
        "Blanks at the ends of a text in pack.json are dropped here, but other tools compare them. Looked for with --pedantic only." =>
        "Remove them.";
    LOGO_NOT_PNG = "PACK195" Warning "logo.png is no PNG":
        "Packyard serves a logo as what its bytes are; others go by the name. Looked for with --pedantic only." =>
        "Save the logo as PNG.";
}

impl Rule {
    /// Looked for only when somebody asks for it.
    pub fn is_pedantic(&self) -> bool {
        self.code.starts_with("PACK19")
    }

    /// What `packyard pack lint --fix` does about it.
    pub fn automatic(&self) -> Option<&'static str> {
        super::fix::AUTOMATIC.iter().find(|(code, _)| *code == self.code).map(|(_, how)| *how)
    }
}

/// The rule of a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code)
}
