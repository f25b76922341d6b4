[% include "header" %]
#
#   docker buildx bake --load                 every image, into this machine's engine
#   docker buildx bake [[ images[0].name ]]
#   REGISTRY=ghcr.io/me REVISION="$(git rev-parse HEAD)" docker buildx bake --push
#
# From the workspace's folder; the stages are those of [[ dockerfile ]]. To build where BuildKit runs, on a cluster or on a
# machine of each platform's own, name it once and then in every run:
#
#   docker buildx create --name far --driver remote tcp://buildkitd.example.org:1234 \
#     --driver-opt cacert=ca.pem,cert=cert.pem,key=key.pem
#   docker buildx create --name far --driver kubernetes --driver-opt replicas=2
#   docker buildx bake --builder far --push

# Variables come from the environment.

variable "REGISTRY" {
  # Where the images go, e.g. ghcr.io/me; names that have a registry keep it.
  default = ""
}

[% if version %]
variable "VERSION" {
  # The version of the packages.
  default = [[ version | hcl ]]
}

[% endif %]
variable "REVISION" {
  # The commit; it changes with every one, and so stands in no file.
  default = null
}

variable "CACHE_FROM" {
  # Where layers are taken from, e.g. type=registry,ref=ghcr.io/me/cache or type=gha.
  default = ""
}

variable "CACHE_TO" {
  # Where layers are kept, e.g. type=registry,ref=ghcr.io/me/cache,mode=max or type=gha,mode=max.
  default = ""
}

variable "ATTEST" {
  # Provenance and SBOM beside the image. Docker's own builder makes none: ATTEST=false, or docker buildx create --use.
  default = true
}

function "image" {
  params = [name]
  result = REGISTRY == "" ? name : "${REGISTRY}/${name}"
}

group "default" {
  targets = [[ images | map(attribute="name") | list | json ]]
}

# What all of them share; by itself it makes nothing.
target "_common" {
  context    = "."
  dockerfile = [[ dockerfile | hcl ]]
[% if platforms | length > 1 %]
  # Docker's own builder makes one platform at a time: --set='*.platform=[[ platforms[0] ]]', or docker buildx create --use.
[% endif %]
  platforms  = [[ platforms | json ]]
  attest     = ATTEST ? ["type=provenance,mode=max", "type=sbom"] : []
  cache-from = CACHE_FROM == "" ? [] : [CACHE_FROM]
  cache-to   = CACHE_TO == "" ? [] : [CACHE_TO]
[% if registries %]
  # Tokens of registries, as cargo itself takes them.
  secret = [
[% for registry in registries %]
    [[ ("type=env,id=" ~ registry.secret ~ ",env=" ~ registry.variable) | hcl ]],
[% endfor %]
  ]
[% endif %]
[% if ssh %]
  ssh = ["default"]
[% endif %]
}
[% for image in images %]

target "[[ image.name ]]" {
  inherits = ["_common"]
  target   = "[[ image.name ]]"
  tags = [
[% for tag in image.tags %]
[% if tag.local %]
    image("[[ tag.repository ]]:[% if tag.version %]${VERSION}[% else %][[ tag.word ]][% endif %]"),
[% else %]
    "[[ tag.repository ]]:[% if tag.version %]${VERSION}[% else %][[ tag.word ]][% endif %]",
[% endif %]
[% endfor %]
  ]
  labels = {
    "[[ revision ]]" = REVISION
  }
[% if image.annotations %]
  annotations = [
[% for annotation in image.annotations %]
    [[ annotation | hcl ]],
[% endfor %]
  ]
[% endif %]
}
[% endfor %]
