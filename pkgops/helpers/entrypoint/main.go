// Command entrypoint orders the steps of a TaskRun inside one pod, whatever image a step has.
//
// The pod's init containers run it as
//
//	entrypoint init SRC DST STEP...           copy SRC to DST and link /tekton/steps/STEP
//	entrypoint place-scripts FILE BASE64 ...  write the steps' scripts
//	entrypoint workingdirinit DIR...          make the steps' working directories
//
// and every step with flags, then "--" and the arguments of the step's own command. The flags and
// the files under /tekton are those of Tekton Pipelines; -stay, for sidecars, is this program's own.
package main

import (
	"fmt"
	"os"
)

func main() {
	code, err := dispatch(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func dispatch(args []string) (int, error) {
	if len(args) > 0 {
		switch args[0] {
		case "init":
			return 0, prepare(args[1:])
		case "place-scripts":
			return 0, placeScripts(args[1:])
		case "workingdirinit":
			return 0, makeDirs(args[1:])
		}
	}
	step, err := parseFlags(args)
	if err != nil {
		return 1, err
	}
	if step.stay {
		return step.accompany(), nil
	}
	return step.run(), nil
}
