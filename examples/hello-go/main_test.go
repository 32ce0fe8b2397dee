package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestGreeting(t *testing.T) {
	for name, want := range map[string]string{"": "Hello, World!\n", "Ada": "Hello, Ada!\n"} {
		if got := greeting(name); got != want {
			t.Errorf("greeting(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestHandlerAnswers(t *testing.T) {
	recorder := httptest.NewRecorder()
	handler("Ada")(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	if recorder.Code != http.StatusOK || recorder.Body.String() != "Hello, Ada!\n" {
		t.Errorf("answered %d %q", recorder.Code, recorder.Body.String())
	}
}
