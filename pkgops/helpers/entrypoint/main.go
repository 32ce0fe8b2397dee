// Command entrypoint orders the steps of a TaskRun inside one pod, whatever image a step has.
//
// The pod's init containers run it under other names of itself:
//
//	entrypoint init SRC DST STEP...        copy SRC to DST and link /tekton/steps/STEP
//	entrypoint place-scripts FILE BASE64 ...  write the steps' scripts
//	entrypoint workingdirinit DIR...       make the steps' working directories
//
// Every step container runs it with flags, then "--" and the arguments of the step's own
// command. The flags and the files under /tekton are those of Tekton Pipelines.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := dispatch(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func dispatch(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "init":
			return prepare(args[1:])
		case "place-scripts":
			return placeScripts(args[1:])
		case "workingdirinit":
			return makeDirs(args[1:])
		}
	}
	step, err := parseFlags(args)
	if err != nil {
		return err
	}
	os.Exit(step.run())
	return nil
}
