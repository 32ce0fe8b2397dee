package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// How often a step looks whether the step before it has ended.
const pollInterval = 10 * time.Millisecond

var (
	errSkipped   = errors.New("an earlier step failed")
	errNotWanted = errors.New("the step's conditions do not hold")
)

// run waits for its turn, runs the program and returns the container's exit code.
func (s *step) run() int {
	if err := placeCredentials(s.secrets); err != nil {
		fmt.Fprintln(os.Stderr, "warning: credentials:", err)
	}
	err := s.wait()
	started := time.Now().UTC()
	if err == nil {
		err = s.execute()
	}
	return s.finish(started, err)
}

// accompany runs a sidecar's program and stays after its end: the kubelet takes a sidecar that has
// ended for one that has not started, and would hold up the steps.
func (s *step) accompany() int {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	err := s.supervise(context.Background())
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "Error executing command:", err)
	}
	<-end
	return exitCode(err)
}

// wait returns when waitFile is there, or errSkipped when the step before it failed.
func (s *step) wait() error {
	for s.waitFile != "" {
		if _, err := os.Stat(s.waitFile); err == nil {
			return nil
		}
		if _, err := os.Stat(s.waitFile + ".err"); err == nil {
			return errSkipped
		}
		time.Sleep(pollInterval)
	}
	return nil
}

func (s *step) execute() error {
	if s.entrypoint == "" {
		return errors.New("no command to run")
	}
	if err := os.MkdirAll(filepath.Join(s.metadataDir, "results"), 0o777); err != nil {
		return err
	}
	if err := s.substitute(); err != nil {
		fmt.Fprintln(os.Stderr, "Error while substituting step results:", err)
	}
	if !s.isWanted() {
		fmt.Fprintln(os.Stderr, "Step was skipped due to when expressions were evaluated to false.")
		return errNotWanted
	}
	ctx := context.Background()
	if s.timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		ctx = limited
	}
	err := s.supervise(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// supervise runs the program in a process group of its own, passes signals on to all of it, and
// ends all of it when the time is over.
func (s *step) supervise(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.entrypoint, s.args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	signals := make(chan os.Signal, 16)
	signal.Notify(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for sig := range signals {
			// SIGURG is how the Go runtime preempts itself.
			if sig != syscall.SIGCHLD && sig != syscall.SIGURG {
				_ = syscall.Kill(-cmd.Process.Pid, sig.(syscall.Signal))
			}
		}
	}()
	return cmd.Wait()
}

// finish leaves the results and the exit code where the next step and the controller look.
func (s *step) finish(started time.Time, failure error) int {
	internal := []entry{{"StartedAt", started.Format("2006-01-02T15:04:05.000Z07:00"), internalResult}}
	isSkipped := errors.Is(failure, errSkipped) || errors.Is(failure, errNotWanted)
	if errors.Is(failure, errNotWanted) {
		failure = nil
	}
	code := exitCode(failure)
	var exit *exec.ExitError
	switch {
	case isSkipped:
		internal = append(internal, entry{"Reason", "Skipped", internalResult})
	case failure == nil:
	case errors.Is(failure, context.DeadlineExceeded):
		fmt.Fprintln(os.Stderr, "Step exceeded its timeout of", s.timeout)
		internal = append(internal, entry{"Reason", "TimeoutExceeded", internalResult})
	case !errors.As(failure, &exit):
		fmt.Fprintln(os.Stderr, "Error executing command:", failure)
	case s.onError == "continue":
		internal = append(internal, entry{"ExitCode", strconv.Itoa(code), internalResult})
		failure = nil
	}
	var results []entry
	if !isSkipped {
		results = append(readResults("/tekton/results", s.results, taskResult),
			readResults(filepath.Join(s.metadataDir, "results"), s.stepResults, stepResult)...)
	}
	if err := writeMessage(s.terminationPath, results, internal); err != nil {
		fmt.Fprintln(os.Stderr, err)
		failure = err
	}
	s.leaveWord(code, failure)
	if failure == nil {
		return 0
	}
	return max(exitCode(failure), 1)
}

// exitCode is the program's own; 128+N for signal N, as a shell has it; 1 for every other failure.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return 1
	case exit.ExitCode() >= 0:
		return exit.ExitCode()
	}
	return 128 + int(exit.Sys().(syscall.WaitStatus).Signal())
}

func (s *step) leaveWord(code int, failure error) {
	path := s.postFile
	if failure != nil {
		path += ".err"
	}
	// The code first: the next step starts with the other file, and may read it.
	for _, file := range []string{filepath.Join(s.metadataDir, "exitCode"), path} {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if err := os.WriteFile(file, []byte(strconv.Itoa(code)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}
