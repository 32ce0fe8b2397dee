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
	"strings"
	"syscall"
	"time"
)

// How often a step looks whether the step before it has ended.
const pollInterval = 10 * time.Millisecond

var errSkipped = errors.New("an earlier step failed")

// run waits for its turn, runs the program and returns the container's exit code.
func (s *step) run() int {
	started := time.Now().UTC()
	if err := placeCredentials(s.secrets); err != nil {
		fmt.Fprintln(os.Stderr, "warning: credentials:", err)
	}
	err := s.wait()
	if err == nil {
		started = time.Now().UTC()
		err = s.execute()
	}
	return s.finish(started, err)
}

// wait returns when waitFile is there, or errSkipped when the step before it failed.
func (s *step) wait() error {
	if s.waitFile == "" {
		return nil
	}
	for ; ; time.Sleep(pollInterval) {
		if info, err := os.Stat(s.waitFile); err == nil && (!s.waitContent || info.Size() > 0) {
			return nil
		}
		if _, err := os.Stat(s.waitFile + ".err"); err == nil {
			return errSkipped
		}
	}
}

func (s *step) execute() error {
	if s.entrypoint == "" {
		return errors.New("no command to run")
	}
	if s.metadataDir != "" {
		if err := os.MkdirAll(filepath.Join(s.metadataDir, "results"), 0o777); err != nil {
			return err
		}
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

// supervise runs the program in a process group of its own and passes signals on to it.
func (s *step) supervise(ctx context.Context) error {
	cmd := exec.Command(s.entrypoint, s.args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 16)
	signal.Notify(signals)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			return <-done
		case sig := <-signals:
			forward(cmd.Process.Pid, sig)
		}
	}
}

// forward passes a signal on; SIGURG is how the Go runtime preempts itself.
func forward(pid int, sig os.Signal) {
	if number, ok := sig.(syscall.Signal); ok && number != syscall.SIGCHLD && number != syscall.SIGURG {
		_ = syscall.Kill(-pid, number)
	}
}

// finish leaves the results and the exit code where the next step and the controller look.
func (s *step) finish(started time.Time, failure error) int {
	message := termination{{Key: "StartedAt", Value: started.Format("2006-01-02T15:04:05.000Z07:00"), Type: internalResult}}
	code := exitCode(failure)
	switch {
	case errors.Is(failure, errSkipped):
		message = append(message, entry{"Reason", "Skipped", internalResult})
	case errors.Is(failure, context.DeadlineExceeded):
		fmt.Fprintln(os.Stderr, "Step exceeded its timeout of", s.timeout)
		message = append(message, entry{"Reason", "TimeoutExceeded", internalResult})
	case code != 0 && !isExit(failure):
		fmt.Fprintln(os.Stderr, "Error executing command:", failure)
	}
	if isExit(failure) && s.onError == "continue" {
		message = append(message, entry{"ExitCode", strconv.Itoa(code), internalResult})
		failure = nil
	}
	s.writeExitCode(code)
	if !errors.Is(failure, errSkipped) {
		message = append(s.readResults(), message...)
	}
	if err := message.write(s.terminationPath); err != nil {
		fmt.Fprintln(os.Stderr, err)
		failure = err
	}
	s.post(failure)
	if failure == nil {
		return 0
	}
	return max(exitCode(failure), 1)
}

func isExit(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
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

func (s *step) writeExitCode(code int) {
	if s.metadataDir != "" {
		_ = os.MkdirAll(s.metadataDir, 0o777)
		_ = os.WriteFile(filepath.Join(s.metadataDir, "exitCode"), []byte(strconv.Itoa(code)), 0o644)
	}
}

func (s *step) post(failure error) {
	if s.postFile == "" {
		return
	}
	path := s.postFile
	if failure != nil {
		path += ".err"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err := os.WriteFile(path, []byte(strings.TrimSpace(fmt.Sprint(failure))), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
