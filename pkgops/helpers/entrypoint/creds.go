package main

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"os/user"
	"path/filepath"
)

const secretsDir = "/tekton/creds-secrets"
const credsDir = "/tekton/creds"

// placeCredentials turns the mounted registry secrets into the file that programs look for in
// $HOME; a file that the image has is left alone.
func placeCredentials(secrets []secretFlag) error {
	auths := map[string]json.RawMessage{}
	for _, secret := range secrets {
		if err := addAuths(secret, auths); err != nil {
			return err
		}
	}
	if len(auths) == 0 {
		return nil
	}
	config, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		return err
	}
	if err := write(filepath.Join(credsDir, ".docker/config.json"), config); err != nil {
		return err
	}
	target := filepath.Join(home(), ".docker/config.json")
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	return write(target, config)
}

func addAuths(secret secretFlag, auths map[string]json.RawMessage) error {
	if secret.kind == "basic-docker" {
		return addBasic(secret, auths)
	}
	content, err := os.ReadFile(filepath.Join(secretsDir, secret.name, ".dockerconfigjson"))
	if err != nil {
		return err
	}
	var config struct {
		Auths map[string]json.RawMessage `json:"auths"`
	}
	err = json.Unmarshal(content, &config)
	maps.Copy(auths, config.Auths)
	return err
}

func addBasic(secret secretFlag, auths map[string]json.RawMessage) error {
	username, err := os.ReadFile(filepath.Join(secretsDir, secret.name, "username"))
	if err != nil {
		return err
	}
	password, err := os.ReadFile(filepath.Join(secretsDir, secret.name, "password"))
	if err != nil {
		return err
	}
	auth := base64.StdEncoding.EncodeToString([]byte(string(username) + ":" + string(password)))
	auths[secret.url], err = json.Marshal(map[string]string{"auth": auth})
	return err
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

func home() string {
	if dir := os.Getenv("HOME"); dir != "" {
		return dir
	}
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return u.HomeDir
	}
	return "/"
}
