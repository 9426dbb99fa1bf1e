// The public SDK of Palette, as a program that other programs can drive: it reads one JSON request a line and writes
// one JSON reply a line. Nothing of what is sent or received is made here. The request's arguments become the SDK's own
// types, the SDK does the call, and what it understood of the reply is written out again.
//
//	PALETTE_HOST      host[:port]; the SDK knows https only
//	PALETTE_API_KEY   or PALETTE_JWT, or PALETTE_USERNAME and PALETTE_PASSWORD
//	PALETTE_RETRIES   how often the SDK tries a call again; 0 when absent
//	SSL_CERT_FILE     authorities that Go trusts
//
// {"call":"GetClusterProfile","args":["<uid>"]}            a function of the client package, as the provider calls it
// {"operation":"V1ClusterProfilesUIDClone","params":{...}} an operation of the generated client
//
// Both take "project": the scope of the call.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spectrocloud/palette-sdk-go/client"
)

type request struct {
	Call      string                     `json:"call"`
	Args      []json.RawMessage          `json:"args"`
	Operation string                     `json:"operation"`
	Params    map[string]json.RawMessage `json:"params"`
	Project   string                     `json:"project"`
}

func main() {
	// What the SDK prints would stand between the replies.
	replies := json.NewEncoder(os.Stdout)
	os.Stdout = os.Stderr
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := replies.Encode(answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, "could not write a reply:", err)
				os.Exit(1)
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "could not read a request:", err)
			os.Exit(1)
		}
	}
}

// answer does one request. A panic of the SDK is a reply like any other: it is how clients die of a null.
func answer(line []byte) (out reply) {
	defer func() {
		if panicked := recover(); panicked != nil {
			out = reply{Panic: fmt.Sprint(panicked)}
		}
	}()
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return reply{Misuse: "the request is no JSON: " + err.Error()}
	}
	sdk := connect(asked.Project)
	if asked.Operation != "" {
		return operate(sdk, asked.Operation, asked.Params)
	}
	return call(sdk, asked.Call, asked.Args)
}

// connect makes a client of its own for each request, so that one request's scope is never another's.
func connect(project string) *client.V1Client {
	retries, _ := strconv.Atoi(os.Getenv("PALETTE_RETRIES"))
	options := []func(*client.V1Client){
		client.WithPaletteURI(os.Getenv("PALETTE_HOST")),
		client.WithRetries(retries),
	}
	for variable, option := range map[string]func(string) func(*client.V1Client){
		"PALETTE_API_KEY": client.WithAPIKey, "PALETTE_JWT": client.WithJWT,
		"PALETTE_USERNAME": client.WithUsername, "PALETTE_PASSWORD": client.WithPassword,
	} {
		if value := os.Getenv(variable); value != "" {
			options = append(options, option(value))
		}
	}
	if project != "" {
		options = append(options, client.WithScopeProject(project))
	} else {
		options = append(options, client.WithScopeTenant())
	}
	return client.New(options...)
}
