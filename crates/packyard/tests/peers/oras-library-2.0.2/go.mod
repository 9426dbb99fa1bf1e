module packyard.invalid/oras-library

go 1.22

require (
	github.com/opencontainers/image-spec v1.1.0-rc2
	oras.land/oras-go/v2 v2.0.2
)

require (
	github.com/opencontainers/go-digest v1.0.0 // indirect
	golang.org/x/sync v0.1.0 // indirect
)
