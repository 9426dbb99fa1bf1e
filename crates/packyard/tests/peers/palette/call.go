package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-openapi/runtime"
	"github.com/spectrocloud/palette-sdk-go/api/apiutil/transport"
	"github.com/spectrocloud/palette-sdk-go/client"
	"github.com/spectrocloud/palette-sdk-go/client/apiutil"
	"github.com/spectrocloud/palette-sdk-go/client/herr"
)

// reply is what came of a request. Exactly one of Results, Error, Panic and Misuse is set.
type reply struct {
	// What the function returned beside its error.
	Results []any `json:"results,omitempty"`
	// What the operation wrote into the writer it was given.
	Written string   `json:"written,omitempty"`
	Error   *problem `json:"error,omitempty"`
	Panic   string   `json:"panic,omitempty"`
	// The request was wrong, not the server.
	Misuse string `json:"misuse,omitempty"`
}

// problem is an error as the provider sees it.
type problem struct {
	Status   int    `json:"status"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Text     string `json:"text"`
	NotFound bool   `json:"notFound"`
}

var (
	errorType  = reflect.TypeOf((*error)(nil)).Elem()
	writerType = reflect.TypeOf((*io.Writer)(nil)).Elem()
	fileType   = reflect.TypeOf((*runtime.NamedReadCloser)(nil)).Elem()
)

// call runs a function of the client package.
func call(sdk *client.V1Client, name string, args []json.RawMessage) reply {
	method := reflect.ValueOf(sdk).MethodByName(name)
	if !method.IsValid() {
		return reply{Misuse: "the SDK has no function " + name}
	}
	kind := method.Type()
	if kind.NumIn() != len(args) {
		return reply{Misuse: fmt.Sprintf("%s takes %d arguments, not %d", name, kind.NumIn(), len(args))}
	}
	values := make([]reflect.Value, len(args))
	for i, arg := range args {
		value, err := decode(kind.In(i), arg)
		if err != nil {
			return reply{Misuse: fmt.Sprintf("argument %d of %s: %v", i+1, name, err)}
		}
		values[i] = value
	}
	return results(method.Call(values))
}

// operate runs an operation of the generated client.
func operate(sdk *client.V1Client, name string, given map[string]json.RawMessage) reply {
	method := reflect.ValueOf(sdk.Client).MethodByName(name)
	if !method.IsValid() {
		return reply{Misuse: "the SDK has no operation " + name}
	}
	params := reflect.New(method.Type().In(0).Elem())
	for field, text := range given {
		place := params.Elem().FieldByName(field)
		if !place.IsValid() {
			return reply{Misuse: fmt.Sprintf("%s has no parameter %s", name, field)}
		}
		value, err := decode(place.Type(), text)
		if err != nil {
			return reply{Misuse: fmt.Sprintf("parameter %s of %s: %v", field, name, err)}
		}
		place.Set(value)
	}
	params.MethodByName("SetContext").Call([]reflect.Value{reflect.ValueOf(scope(sdk))})
	values := []reflect.Value{params}
	var written bytes.Buffer
	if method.Type().NumIn() > 1 && method.Type().In(1) == writerType {
		values = append(values, reflect.ValueOf(&written))
	}
	out := results(method.Call(values))
	out.Written = written.String()
	return out
}

// scope is the context that the SDK's own functions call with, which the client keeps to itself.
func scope(sdk *client.V1Client) context.Context {
	project := reflect.ValueOf(sdk).Elem().FieldByName("projectUID").String()
	if project == "" {
		return client.ContextForScope("tenant", "")
	}
	return client.ContextForScope("project", project)
}

func decode(kind reflect.Type, text json.RawMessage) (reflect.Value, error) {
	if kind == fileType {
		var file struct{ Name, Content string }
		if err := json.Unmarshal(text, &file); err != nil {
			return reflect.Value{}, err
		}
		return reflect.ValueOf(runtime.NamedReader(file.Name, strings.NewReader(file.Content))), nil
	}
	value := reflect.New(kind)
	err := json.Unmarshal(text, value.Interface())
	return value.Elem(), err
}

func results(values []reflect.Value) reply {
	var out reply
	for _, value := range values {
		if value.Type() == errorType {
			if !value.IsNil() {
				return reply{Error: describe(value.Interface().(error))}
			}
			continue
		}
		if buffer, ok := value.Interface().(bytes.Buffer); ok {
			out.Written = buffer.String()
			continue
		}
		out.Results = append(out.Results, value.Interface())
	}
	return out
}

func describe(err error) *problem {
	out := &problem{Text: err.Error(), NotFound: herr.IsNotFound(err)}
	if failed, ok := err.(*transport.TransportError); ok {
		out.Status = failed.HttpCode
	}
	if known := apiutil.ToV1ErrorObj(err); known != nil {
		out.Code, out.Message = known.Code, known.Message
	}
	return out
}
