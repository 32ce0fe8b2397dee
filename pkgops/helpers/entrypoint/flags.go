package main

import (
	"flag"
	"io"
	"strings"
	"time"
)

// step is one step of a TaskRun: what it waits for, what it runs, and where it leaves word.
type step struct {
	waitFile, postFile, terminationPath, metadataDir string
	stepsDir                                         string
	entrypoint, onError                              string
	args, results, stepResults, secrets              []string
	when                                             []condition
	timeout                                          time.Duration
	stay                                             bool
}

func parseFlags(args []string) (*step, error) {
	s := &step{}
	set := flag.NewFlagSet("entrypoint", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&s.waitFile, "wait_file", "", "start when this file exists")
	set.StringVar(&s.postFile, "post_file", "", "write this file at the end; FILE.err after a failure")
	set.StringVar(&s.terminationPath, "termination_path", "/tekton/termination", "the termination message")
	set.StringVar(&s.metadataDir, "step_metadata_dir", "", "where the exit code and step results go")
	set.StringVar(&s.stepsDir, "steps_dir", "/tekton/steps", "where the results of earlier steps are found")
	set.StringVar(&s.entrypoint, "entrypoint", "", "the program to run")
	set.StringVar(&s.onError, "on_error", "stopAndFail", "continue or stopAndFail")
	set.DurationVar(&s.timeout, "timeout", 0, "end the step after this time")
	set.BoolVar(&s.stay, "stay", false, "run a sidecar: stay after its end until told to end")
	set.Func("results", "names of the task's results", list(&s.results))
	set.Func("step_results", "names of the step's results", list(&s.stepResults))
	set.Func("when_expressions", "run the program only if these hold", conditions(&s.when))
	set.Func("docker-config", "use this registry secret", list(&s.secrets))
	err := set.Parse(args)
	s.args = set.Args()
	return s, err
}

func list(into *[]string) func(string) error {
	return func(text string) error {
		*into = append(*into, strings.Split(text, ",")...)
		return nil
	}
}
