package main

import (
	"os"
	"os/signal"
	"syscall"
)

// stayFirst starts the program and stays the container's first process: it hands on what signals it gets, takes
// what ended processes leave, and ends as the program does.
//
// Linux keeps a signal that is not handled from the first process alone. Programs that leave SIGTERM to its
// default (those of Node.js and Python, and shells) would run on for as long as a pod may take to end.
func stayFirst(program string, argv []string) error {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	files := []uintptr{os.Stdin.Fd(), os.Stdout.Fd(), os.Stderr.Fd()}
	pid, err := syscall.ForkExec(program, argv, &syscall.ProcAttr{Env: os.Environ(), Files: files})
	if err != nil {
		return err
	}
	go handOn(signals, pid)
	os.Exit(ended(pid))
	return nil
}

// handOn passes signals to a process, but those that are meant for this one: its children's ends, and what Go's
// runtime sends itself.
func handOn(signals <-chan os.Signal, pid int) {
	for got := range signals {
		number, known := got.(syscall.Signal)
		if known && number != syscall.SIGCHLD && number != syscall.SIGURG {
			_ = syscall.Kill(pid, number)
		}
	}
}

// ended waits until a process has ended and returns its exit code, as a shell tells it for one that a signal ended.
func ended(pid int) int {
	for {
		var status syscall.WaitStatus
		found, err := syscall.Wait4(-1, &status, 0, nil)
		if err != nil && err != syscall.EINTR {
			return 82
		}
		if found != pid {
			continue
		}
		if status.Signaled() {
			return 128 + int(status.Signal())
		}
		return status.ExitStatus()
	}
}
