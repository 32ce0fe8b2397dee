package main

import (
	"flag"
	"io"
	"strings"
	"time"
)

// step is one step of a TaskRun: what it waits for, what it runs, and where it leaves word.
type step struct {
	waitFile        string
	waitContent     bool
	postFile        string
	terminationPath string
	metadataDir     string
	entrypoint      string
	args            []string
	results         []string
	stepResults     []string
	timeout         time.Duration
	onError         string
	secrets         []secretFlag
}

// secretFlag is one credential: its kind, the secret's name and, for basic-auth, the address.
type secretFlag struct{ kind, name, url string }

type secretValue struct {
	kind string
	into *[]secretFlag
}

func (v secretValue) String() string { return "" }

func (v secretValue) Set(text string) error {
	name, url, _ := strings.Cut(text, "=")
	*v.into = append(*v.into, secretFlag{v.kind, name, url})
	return nil
}

func parseFlags(args []string) (*step, error) {
	s := &step{}
	var results, stepResults string
	set := flag.NewFlagSet("entrypoint", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&s.waitFile, "wait_file", "", "start when this file exists")
	set.BoolVar(&s.waitContent, "wait_file_content", false, "start when the file has content")
	set.StringVar(&s.postFile, "post_file", "", "write this file at the end; FILE.err after a failure")
	set.StringVar(&s.terminationPath, "termination_path", "/tekton/termination", "the termination message")
	set.StringVar(&s.metadataDir, "step_metadata_dir", "", "where the exit code and step results go")
	set.StringVar(&s.entrypoint, "entrypoint", "", "the program to run")
	set.StringVar(&results, "results", "", "names of the task's results")
	set.StringVar(&stepResults, "step_results", "", "names of the step's results")
	set.DurationVar(&s.timeout, "timeout", 0, "end the step after this time")
	set.StringVar(&s.onError, "on_error", "stopAndFail", "continue or stopAndFail")
	for _, kind := range []string{"docker-config", "basic-docker"} {
		set.Var(secretValue{kind, &s.secrets}, kind, "use this secret")
	}
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	s.args, s.results, s.stepResults = set.Args(), names(results), names(stepResults)
	return s, nil
}

func names(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
