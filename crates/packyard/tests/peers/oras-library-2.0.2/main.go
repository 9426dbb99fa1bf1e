// Pushes a file the way ORAS 1.0.0 does, with the library version that ORAS 1.0.0 was built from (oras-go 2.0.2), for
// machines where the program itself cannot be installed.
//
//	oras-library push HOST/REPOSITORY[:TAG] [FILE]    (password on standard input, user name AWS or $REGISTRY_USER)
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 || len(args) > 3 || args[0] != "push" {
		return fmt.Errorf("usage: oras-library push REFERENCE [FILE]")
	}
	ctx := context.Background()
	repository, err := remote.NewRepository(args[1])
	if err != nil {
		return err
	}
	host := repository.Reference.Registry
	// ORAS 1.0.0: the name localhost is plain http, whatever the port.
	repository.PlainHTTP = strings.Split(host, ":")[0] == "localhost"
	password, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	user := os.Getenv("REGISTRY_USER")
	if user == "" {
		user = "AWS"
	}
	repository.Client = &auth.Client{
		Credential: auth.StaticCredential(host, auth.Credential{Username: user, Password: strings.TrimSpace(string(password))}),
	}

	store, err := file.New("")
	if err != nil {
		return err
	}
	defer store.Close()
	var layers []ocispec.Descriptor
	if len(args) == 3 {
		layer, err := store.Add(ctx, args[2], ocispec.MediaTypeImageLayer, args[2])
		if err != nil {
			return err
		}
		layers = append(layers, layer)
	}
	root, err := oras.Pack(ctx, store, "", layers, oras.PackOptions{PackImageManifest: true})
	if err != nil {
		return err
	}
	if tag := repository.Reference.Reference; tag != "" {
		if err := store.Tag(ctx, root, tag); err != nil {
			return err
		}
		if _, err := oras.Copy(ctx, store, tag, repository, tag, oras.DefaultCopyOptions); err != nil {
			return err
		}
	} else if err := oras.CopyGraph(ctx, store, repository, root, oras.DefaultCopyGraphOptions); err != nil {
		return err
	}
	fmt.Println("Pushed", args[1])
	fmt.Println("Digest:", root.Digest)
	return nil
}
