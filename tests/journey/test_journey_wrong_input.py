"""Whatever is wrong: one line that says what was expected, what was found and the way out; nothing is harmed."""

import json
import os
import pickle
import resource
import shutil
import struct
import subprocess
import sysconfig
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from gaitprint.components import find_component
from gaitprint.interop.weight_keys import toolkit_plan
from gaitprint.store import Store, StorePlan, StoreWriter
from gaitprint.types import SequenceRecord

FOLDER = "--dataset folder"
BODY = np.zeros((6, 64, 64), np.uint8)
BODY[:, 4:60, 24:40] = 255

# What is typed, split at blanks and then filled in, and the decisive words of the answer.
COMMANDS = {
    "no such command": ("prepair a b", ["No such command 'prepair'", "--help"]),
    "no such option": ("doctor {store} --sice 3", ["No such option", "gaitprint doctor --help"]),
    "argument missing": ("prepare synthetic", ["Missing argument 'STORE'"]),
    "argument too many": ("datasets casia-b", ["unexpected extra argument", "casia-b"]),
    "option without value": ("evaluate {gl} --scorer", ["--scorer", "requires an argument"]),
}
PREPARE = {
    "packed otherwise": ("prepare {bad}/x.rar {out}", ["found a file", "unpack it", ".rar is not read"]),
    "source on the web": ("prepare https://a.b/c.zip {out}", ["found nothing", "nothing is downloaded"]),
    "walkers too many": ("prepare synthetic {out} --set subjects=99999999", ["at most 10,000,000 sequences"]),
    "walk too long": ("prepare synthetic {out} --set frames=99999999", ["at most 10,000", "99,999,999"]),
    "source missing": ("prepare {bad}/none {out}", ["a folder or a .zip or .tar", "found nothing", "check the path"]),
    "source missing, named": ("prepare {bad}/none {out} --dataset casia-b", ["expected a folder", "found nothing"]),
    "source is a file": ("prepare {bad}/text {out} --dataset casia-b", ["expected a folder", "found a file"]),
    "source of no text": ("prepare {odd} {out}", ["expected a folder", "found nothing"]),
    "archive of text": ("prepare {bad}/text.zip {out}", ["text.zip", "no sound zip archive", "pack it anew"]),
    "archive missing": ("prepare {bad}/none.tar.gz {out}", ["expected a folder", "none.tar.gz", "found nothing"]),
    "archive of no layout": ("prepare {bad}/deep.zip {out}", ["no published layout fits", "deep.zip", "pattern"]),
    "manifest missing": ("prepare {bad}/none.csv {out}", ["none.csv with a row for each", "found none"]),
    "manifest of another": ("prepare {bad}/list.csv {out} --dataset hid", ["a manifest, not", "'hid'", "--dataset"]),
    "manifest climbs out": ("prepare {bad}/list.csv {out}", ["row 2", "below the manifest's folder", "'../x'"]),
    "manifest's column": ("prepare {bad}/list.csv {out} --set path=paht", ["no column 'paht'", "mean 'path'"]),
    "manifest cut": ("prepare {bad}/cut.parquet {out}", ["cannot be read as Parquet", "save it as such"]),
    "form unknown": ("prepare synthetic {out} --form zip", ["'zip'", "compact", "raw", "bits"]),
    "store under another name": ("prepare {store} {out} --dataset synthetic --set seed=1", ["--dataset", "leave"]),
    "store of another size": ("prepare {store} {out} --size 128", ["64 pixels high", "found size 128"]),
    "store unfinished as source": ("prepare {bad}/begun {out}", ["unfinished", "gaitprint prepare"]),
    "source empty": (f"prepare {{bad}}/empty {{out}} {FOLDER}", ["found no sequence", "check the path"]),
    "source of no layout": ("prepare {bad}/trees/deep {out}", ["no published layout fits", "'folder'", "pattern"]),
    "data set unknown": ("prepare {bad}/trees/good {out} --dataset casia_bb", ["did you mean 'casia-b'"]),
    "data set elsewhere": ("prepare {bad}/trees/good {out} --dataset my.layout", ["not importable", "installed"]),
    "setting without data set": ("prepare {bad}/trees/good {out} --set a=1", ["need a named data set", "a"]),
    "setting misspelt": ("prepare synthetic {out} --set subject=3", ["no setting 'subject'", "mean 'subjects'"]),
    "setting of wrong type": ("prepare synthetic {out} --set subjects=many", ["type int", "'many'"]),
    "setting out of range": ("prepare synthetic {out} --set subjects=0", ["at least 1", "found 0"]),
    "setting without value": ("prepare synthetic {out} --set subjects", ["table.key=value", "'subjects'"]),
    "view that is none": ("prepare synthetic {out} --set views=['90']", ["three digits", "'90'"]),
    "pattern without field": (f"prepare {{bad}}/trees/good {{out}} {FOLDER} --set pattern=a/b", ["needs a field"]),
    "pattern climbs out": (f"prepare {{bad}}/trees/good {{out}} {FOLDER} --set pattern=../{{subject}}", ["'..'"]),
    "partition missing": (
        "prepare {bad}/trees/good {out} --dataset opengait --set partition={bad}/none.json --set partitions=1",
        ["did you mean 'partition'"],
    ),
    "size no number": ("prepare synthetic {out} --size ten", ["'ten' is not a valid integer"]),
    "size odd": ("prepare {bad}/trees/good {out} --size 65", ["even, at least 16", "65"]),
    "size of walkers": ("prepare synthetic {out} --size 128", ["64 pixels high", "128"]),
    "workers negative": ("prepare synthetic {out} --workers -1", ["--workers", "-1"]),
    "edge rule unknown": ("prepare synthetic {out} --edge-rule none", ["'none'", "opengait", "gaitset"]),
    "subjects backwards": ("prepare synthetic {out} --subjects 003-001", ["001-060,062", "'003-001'"]),
    "subjects empty": ("prepare synthetic {out} --subjects 001,,003", ["001-060,062", "'001,,003'"]),
    "subjects too many": ("prepare synthetic {out} --subjects 0-99999999", ["over a million"]),
    "subject unknown": (
        f"prepare {{bad}}/trees/good {{out}} {FOLDER} --subjects b",
        ["subject 'b'", "known: a"],
    ),
    "walker unknown": ("prepare synthetic {out} --set subjects=3 --subjects 002,9", ["'9'", "001 to 003"]),
    "tree too deep": (f"prepare {{bad}}/trees/deep {{out}} {FOLDER}", ["found the folder 'more'", "too deep"]),
    "tree too shallow": (f"prepare {{bad}}/trees/shallow {{out}} {FOLDER}", ["found the file 'x.png'", "too shallow"]),
    "name misfits": ("prepare {bad}/trees/good {out} --dataset casia-b", ["subject folders like '001'", "'a'"]),
    "name unprintable": (f"prepare {{bad}}/odd-name {{out}} {FOLDER}", ["unprintable", r"\n", "rename"]),
    "link out of the tree": (f"prepare {{bad}}/link-out {{out}} {FOLDER}", ["link out of", "copy the data"]),
    "store of others": ("prepare synthetic {store}", ["prepared from another source", "other settings", "another"]),
    "store of another form": ("prepare synthetic {store} --form raw", ["(64, 64), compact, not", "raw", "another"]),
    "store of another data set": (
        f"prepare {{bad}}/trees/good {{store}} {FOLDER}",
        ["prepared as synthetic", "not folder", "another folder"],
    ),
    "store's folder not empty": ("prepare synthetic {bad}/full", ["holds other files (letter.txt", "new folder"]),
    "store is a file": ("prepare synthetic {bad}/text", ["a file is there", "choose another place"]),
    "store below a file": ("prepare synthetic {bad}/text/store", ["cannot write", "Not a directory"]),
    "store begun otherwise": ("prepare synthetic {bad}/begun --set seed=7", ["other settings", "another folder"]),
    "store begun as other": (
        f"prepare {{bad}}/trees/good {{bad}}/begun {FOLDER}",
        ["as synthetic", "not folder"],
    ),
}
LEAVES = {
    "float32": ["float32 from 0 to 300"],
    "uint16": ["uint16 from 0 to 1020"],
    "four axes": ["[T, H, W]", "[6, 2, 64, 64]"],
    "no frame": ["at least one frame", "[0, 64, 64]"],
    "labels": ["labels of several things", "0, 1, 2"],
    "photographs": ["look like photographs", "cut the person out"],
    "black": ["black", "no silhouette"],
    "truncated array": ["truncated.npy"],
    "objects": ["objects.npy"],
    "two arrays": ["exactly one array", "left, right"],
    "hostile pickle": ["posix.system", "numpy.save"],
    "hostile array": ["hostile.npy"],
    "picture of text": ["words.png", "whole PNG, JPEG, BMP or TIFF"],
    "empty picture": ["empty.png", "whole PNG, JPEG, BMP or TIFF"],
    "cut picture": ["cut.png", "whole PNG, JPEG, BMP or TIFF"],
    "bomb": ["bomb.png", "100000 x 100000 pixels"],
    "bitmap": ["old.bmp", "truncated"],
    "no picture at all": ["should hold the images", "found nothing"],
}
DOCTOR = {
    "setting of a store": ("doctor {store} --set pattern=a", ["is a store, which knows its layout", "pattern"]),
    "packed otherwise": ("doctor {bad}/x.rar", ["found a file", "unpack it", ".rar is not read"]),
    "nothing there": ("doctor {bad}/none", ["expected the folder", "check the path"]),
    "a file": ("doctor {bad}/text", ["expected the folder", "found a file"]),
    "no text": ("doctor {odd}", ["expected the folder", "found nothing"]),
    "size odd": ("doctor {bad}/trees/good --size 63", ["even, at least 16", "found 63"]),
    "size no number": ("doctor {bad}/trees/good --size big", ["'big' is not a valid integer"]),
    "workers negative": ("doctor {bad}/trees/good --workers -2", ["--workers", "-2"]),
    "fixing an archive": ("doctor {bad}/dark.zip --fix", ["archive and is not changed", "`prepare` leaves out"]),
    "page of other ending": ("doctor {store} --report {bad}/text", ["ends in .html"]),
    "page below a file": ("doctor {store} --report {bad}/text/page.html", ["cannot write", "Not a directory"]),
    "store unfinished": ("doctor {bad}/begun", ["unfinished", "run `gaitprint prepare` again"]),
    "head truncated": ("doctor {bad}/stores/truncated", ["cannot be read", "store.json"]),
    "head of another": ("doctor {bad}/stores/foreign", ["no gaitprint-store of version 2", "prepare the store again"]),
    "head damaged": ("doctor {bad}/stores/damaged", ["damaged", "'size'", "prepare the store again"]),
    "index cut": ("doctor {bad}/stores/cut", ["index-1.arrow", "damaged", "prepare the store again"]),
    "index missing": ("doctor {bad}/stores/lost", ["index-1.arrow", "missing", "prepare the store again"]),
    "frames missing": ("doctor {bad}/stores/short", ["should hold", "bytes", "prepare the store again"]),
}
EXPORT = {
    "store missing": ("export {bad}/none {out}", ["no store at", "gaitprint prepare"]),
    "store unfinished": ("export {bad}/begun {out}", ["unfinished", "prepare"]),
    "split unknown": ("export {store} {out} --split 74", ["no split '74'", "half"]),
    "folder not empty": ("export {store} {bad}/full", ["not empty", "choose a new folder"]),
    "folder a file": ("export {store} {bad}/text", ["cannot write", "choose another place"]),
    "another export there": ("export {bad}/stores/small {bad}/exported", ["export of another store", "new folder"]),
    "place missing": ("export {store}", ["Missing argument 'OUT'"]),
}
TRAIN = {
    "store is raw data": ("train {bad}/trees/good {out}", ["it holds other files", "prepare", "good STORE"]),
    "rate without end": ("train {store} {out} --set training.learning_rate=1e300", ["at most 1e6", "1e+300"]),
    "recipe a pipe": ("train {store} {out} --recipe {bad}/pipe.toml", ["no regular file"]),
    "store missing": ("train {bad}/none {out}", ["no store at", "gaitprint prepare"]),
    "store is a file": ("train {bad}/text {out}", ["no store at", "a file, give the folder", "prepare"]),
    "store unfinished": ("train {bad}/begun {out}", ["unfinished", "prepare"]),
    "store of version 1": ("train {bad}/stores/old {out}", ["version 1", "prepare it again"]),
    "frames missing": ("train {bad}/stores/short {out}", ["should hold", "prepare the store again"]),
    "recipe misspelt": ("train {store} {out} --recipe gaitgl-smal", ["'gaitgl-smal'", "mean 'gaitgl-small'", ".toml"]),
    "recipe missing": ("train {store} {out} --recipe {bad}/none.toml", ["no settings file", "check the path"]),
    "recipe a folder": ("train {store} {out} --recipe {bad}/folder.toml", ["folder.toml", "cannot be read"]),
    "recipe no TOML": ("train {store} {out} --recipe {bad}/broken.toml", ["cannot be read as TOML"]),
    "network unknown": (
        "train {store} {out} --set network.name=gaitset",
        ["no network is called 'gaitset'", "did you mean"],
    ),
    "network setting": ("train {store} {out} --set network.settings.strip=3", ["'strip'", "mean 'strips'"]),
    "loss unknown": ("train {store} {out} --recipe {bad}/loss.toml", ["no loss is called 'triplet'", "part-triplet"]),
    "loss without logits": (
        "train {store} {out} --set network.settings.head=plain",
        ["part-softmax", "logits"],
    ),
    "setting misspelt": ("train {store} {out} --set training.iteration=3", ["'iteration'", "mean 'iterations'"]),
    "setting of wrong type": ("train {store} {out} --set training.iterations=1.5", ["type int", "1.5"]),
    "setting out of range": ("train {store} {out} --set training.iterations=-4", ["at least 1", "-4"]),
    "setting a table": ("train {store} {out} --set training=3", ["table of settings", "3"]),
    "channels too few": ("train {store} {out} --set network.settings.channels=[2,3]", ["3 channel widths", "(2, 3)"]),
    "frames of other size": ("train {store} {out} --set preprocessing.size=128", ["128 x 128", "found 64 x 64"]),
    "height of other size": ("train {store} {out} --set network.settings.height=64", ["64", "32"]),
    "more subjects than there are": ("train {store} {out} --set training.subjects=9", ["9", "8"]),
    "split unknown": ("train {store} {out} --split 74", ["no split '74'", "half"]),
    "subject unknown": ("train {store} {out} --subjects 001-003,077", ["'077'", "16 subjects, 001 to 016"]),
    "device unknown": ("train {store} {out} --device gpu", ["no device is called 'gpu'", "cpu"]),
    "device of others": ("train {store} {out} --device meta", ["'meta' is not supported", "cpu"]),
    "threads none": ("train {store} {out} --threads 0", ["--threads", "x>=1"]),
    "seed negative": ("train {store} {out} --seed -1", ["--seed", "x>=0"]),
    "workers negative": ("train {store} {out} --workers -1", ["--workers", "x>=0"]),
    "quality unknown": ("train {store} {out} --quality hole<0.1", ["'hole'", "did you mean 'holes'"]),
    "quality no filter": ("train {store} {out} --quality holes=0.1", ["'height>=60'", "'holes=0.1'", "holes"]),
    "quality too high": ("train {store} {out} --quality frames>=9", ["no sequence", "'frames>=9'", "doctor"]),
    "quality not measured": ("train {bad}/stores/small {out} --quality holes<1", ["no measurements", "prepare it"]),
    "start missing": ("train {store} {out} --init {bad}/none", ["no model file", "check the path"]),
    "start of other network": ("train {store} {out} --init {gm_model}", ["no start for this network", "is missing"]),
    "start truncated": ("train {store} {out} --init {bad}/models/truncated", ["no sound safetensors", "again"]),
    "start a folder": ("train {store} {out} --init {run}", ["is a folder: give a file", "model.safetensors"]),
    "folder not empty": ("train {store} {bad}/full", ["not empty", "choose a new folder"]),
    "folder a file": ("train {store} {bad}/text", ["cannot write", "choose another place"]),
    "another run there": ("train {store} {run} --seed 5", ["another recipe, data set, seed or start", "new folder"]),
}
EMBED = {
    "model a checkpoint": (
        "embed {store} --model {bad}/models/checkpoint --out {out}",
        ["no readable card", "give the run's model.safetensors"],
    ),
    "no model": ("embed {store} --out {out}", ["Missing option '--model'"]),
    "no place": ("embed {store} --model {gl_model}", ["Missing option '--out'"]),
    "store missing": ("embed {bad}/none --model {gl_model} --out {out}", ["no store at"]),
    "store of other size": (
        "embed {bad}/stores/small --model {gl_model} --out {out} --part all",
        ["found 32 x 32"],
    ),
    "model missing": ("embed {store} --model {bad}/none --out {out}", ["no model file", "gaitprint train"]),
    "model of no text": ("embed {store} --model {odd} --out {out}", ["no model file", "check the path"]),
    "model a folder": ("embed {store} --model {run} --out {out}", ["is a folder: give a file", "model.safetensors"]),
    "model text": ("embed {store} --model {bad}/text --out {out}", ["no sound safetensors file", "again"]),
    "model truncated": ("embed {store} --model {bad}/models/truncated --out {out}", ["no sound safetensors file"]),
    "model changed": ("embed {store} --model {bad}/models/flipped --out {out}", ["damaged or was changed", "again"]),
    "model's card changed": ("embed {store} --model {bad}/models/card --out {out}", ["damaged or was changed", "card"]),
    "model of later version": (
        "embed {store} --model {bad}/models/later --out {out}",
        ["version 9", "update"],
    ),
    "model without preprocessing": ("embed {store} --model {bad}/models/bare --out {out}", ["preprocessing"]),
    "model of no one": ("embed {store} --model {bad}/models/foreign --out {out}", ["no card", "convert"]),
    "embeddings for a model": ("embed {store} --model {gl} --out {out}", ["no card", "no model file"]),
    "part unknown": ("embed {store} --model {gl_model} --out {out} --part probe", ["'probe'", "test", "train", "all"]),
    "fusion unknown": ("embed {store} --model {gl_model} --out {out} --fusion sum", ["'sum'", "raw", "unit"]),
    "split unknown": ("embed {store} --model {gl_model} --out {out} --split 74", ["no split '74'", "half"]),
    "subject unknown": (
        "embed {store} --model {gl_model} --out {out} --subjects 99",
        ["'99' is not in the store", "known: 001"],
    ),
    "quality unknown": ("embed {store} --model {gl_model} --out {out} --quality good>1", ["'good'", "measurement"]),
    "quality too high": (
        "embed {store} --model {gl_model} --out {out} --quality frames>8",
        ["no sequence", "'frames>8'", "doctor"],
    ),
    "device unknown": ("embed {store} --model {gl_model} --out {out} --device tpu0", ["'tpu0'", "cpu"]),
    "over the model": ("embed {store} --model {gl_model} --out {gl_model}", ["holds no embeddings", "another name"]),
    "over a folder": ("embed {store} --model {gl_model} --out {store}", ["cannot write", "a folder is there"]),
    "over a device": ("embed {store} --model {gl_model} --out /dev/full", ["cannot write", "no regular file"]),
    "below a file": ("embed {store} --model {gl_model} --out {bad}/text/e", ["cannot write", "Not a directory"]),
}
EVALUATE = {
    "store without a page": ("evaluate {gl} --store {store}", ["--store is shown on a page", "--report"]),
    "missing": ("evaluate {world}/gaitgll.safetensors", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "missing with its folder": ("evaluate {bad}/none/e.safetensors", ["no embeddings", "does not exist"]),
    "missing, and none there": ("evaluate {bad}/vectors/none", ["no embeddings at", "make some"]),
    "a folder": ("evaluate {store}", ["this is a folder", "`embed`"]),
    "text": ("evaluate {bad}/text", ["no embeddings file", "`embed`"]),
    "a model": ("evaluate {gl_model}", ["holds no embeddings", "`embed`"]),
    "truncated": ("evaluate {bad}/vectors/truncated", ["no embeddings file, or is damaged", "run `embed` again"]),
    "vectors changed": ("evaluate {bad}/vectors/flipped", ["vectors", "damaged", "run `embed` again"]),
    "records changed": ("evaluate {bad}/vectors/renamed", ["records", "damaged", "run `embed` again"]),
    "protocol misspelt": ("evaluate {gl} --protocol casia-bb", ["'casia-bb'", "mean 'casia-b'", ".toml"]),
    "protocol missing": ("evaluate {gl} --protocol {bad}/none.toml", ["no settings file", "check the path"]),
    "protocol no TOML": ("evaluate {gl} --protocol {bad}/broken.toml", ["cannot be read as TOML"]),
    "protocol key unknown": ("evaluate {gl} --protocol {bad}/protocols/key.toml", ["'probe'", "mean 'probes'"]),
    "protocol selects nothing": (
        "evaluate {gl} --protocol {bad}/protocols/nothing.toml",
        ["probe selection X", "is empty", "condition zz-*", "nm-01"],
    ),
    "protocol of other data": ("evaluate {gl} --protocol oumvlp", ["is empty", "nm-01"]),
    "memory no size": ("evaluate {gl} --memory lots", ["--memory is a size such as 512MiB or 16GB", "'lots'"]),
    "memory too small": ("evaluate {gl} --memory 1MB", ["needs 64 MiB at least", "0.954 MiB"]),
    "scorer misspelt": ("evaluate {gl} --scorer euclid", ["no scorer is called 'euclid'", "mean 'euclidean'"]),
    "transform misspelt": ("evaluate {gl} --transform unitlength", ["no transform", "mean 'unit-length'"]),
    "step not there": ("evaluate {gl} --set cluster-expansion.k=3", ["the pipeline has the steps scorer"]),
    "step is no table": ("evaluate {gl} --set scorer=3", ["step.key=value", "scorer=3"]),
    "step setting misspelt": (
        "evaluate {gl} --scorer k-reciprocal --set scorer.k=6",
        ["no setting 'k'", "did you"],
    ),
    "step setting of wrong type": ("evaluate {gl} --scorer k-reciprocal --set scorer.k1=six", ["type int", "'six'"]),
    "step setting out of range": ("evaluate {gl} --scorer k-reciprocal --set scorer.k1=0", ["at least 1", "found 0"]),
    "pipeline and scorer": ("evaluate {gl} --pipeline {bad}/steps.toml --scorer part-mean", ["leave out --scorer"]),
    "pipeline missing": ("evaluate {gl} --pipeline {bad}/none.toml", ["no settings file"]),
    "pipeline key": ("evaluate {gl} --pipeline {bad}/steps.toml", ["no setting 'scorers'", "mean 'scorer'"]),
    "subject unknown": ("evaluate {gl} --subjects 001", ["no sequence has the subject '001'"]),
    "view unknown": ("evaluate {gl} --views 000,09", ["no sequence has the view '09'", "known: 000, 090"]),
    "condition empty": ("evaluate {gl} --conditions nm-01,,", ["separated by commas", "'nm-01,,'"]),
    "page of other ending": ("evaluate {gl} --report {gl}", ["ends in .html"]),
    "page over a folder": ("evaluate {gl} --report {bad}/folder.html", ["cannot write", "a folder is there"]),
    "page below a file": ("evaluate {gl} --report {bad}/text/page.html", ["cannot write", "Not a directory"]),
    "page where nobody may": ("evaluate {gl} --report /proc/none/page.html", ["cannot write", "another place"]),
    "store missing": ("evaluate {gl} --report {out}.html --store {bad}/none", ["no store at"]),
    "store of others": (
        "evaluate {gl} --report {out}.html --store {bad}/stores/small",
        ["has no sequence"],
    ),
    "seed negative": ("evaluate {gl} --seed -3", ["--seed", "x>=0"]),
}
COMPARE = {
    "nothing to compare": ("compare {gl}", ["nothing to compare", "second file", "--after-scorer"]),
    "the same steps": ("compare {gl} --scorer part-mean --after-scorer part-mean", ["nothing to compare"]),
    "missing": ("compare {world}/gaitgll.safetensors {gl}", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "other missing": ("compare {gl} {bad}/vectors/none", ["no embeddings at", "make some"]),
    "figure unknown": ("compare {gl} {gl} --figure EER", ["no figure 'EER'", "rank-K takes any K"]),
    "figure not asked for": ("compare {gl} {gl} --figure mAP", ["no figure 'mAP'", "`metrics`"]),
    "pipeline and scorer": (
        "compare {gl} --after-pipeline {bad}/broken.toml --after-scorer euclidean",
        ["--after-pipeline", "holds all steps", "--after-set"],
    ),
    "step not there": ("compare {gl} --after-set scorer.k1=6", ["no setting 'k1'"]),
}
VERIFY = {
    "method beside a calibration": ("verify {gl} --use c.json --method isotonic", ["--method", "leave it or --use"]),
    "folds beside a calibration": ("verify {gl} --use c.json --folds 5", ["--folds", "leave it or --use out"]),
    "missing": ("verify {world}/gaitgll.safetensors", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "rate no number": ("verify {gl} --fmr one", ["0.01,0.001 or 1%,0.1%", "'one'"]),
    "rate of none": ("verify {gl} --fpir 0", ["between 0 and 1", "found 0"]),
    "rate over all": ("verify {gl} --fmr 150%", ["between 0 and 1", "found 1.5"]),
    "prior certain": ("verify {gl} --prior 1", ["prior probability", "found 1.0"]),
    "strangers all": ("verify {gl} --strangers 1", ["share of strangers", "found 1.0"]),
    "folds too few": ("verify {gl} --folds 2", ["--folds", "x>=3"]),
    "threshold no number": ("verify {gl} --threshold near", ["'near' is not a valid float"]),
    "threshold none": ("verify {gl} --threshold nan", ["thresholds are finite"]),
    "method unknown": ("verify {gl} --method platt", ["'platt'", "logistic", "isotonic"]),
    "scorer misspelt": ("verify {gl} --scorer euclid", ["no scorer is called 'euclid'", "mean 'euclidean'"]),
    "pipeline and scorer": ("verify {gl} --pipeline {bad}/steps.toml --scorer part-mean", ["leave out --scorer"]),
    "calibration missing": ("verify {gl} --use {bad}/none.json", ["calibration is missing", "none.json"]),
    "calibration of text": ("verify {gl} --use {bad}/text", ["calibration cannot be read"]),
    "calibration of few": ("verify {gl} --calibration {out}.json", ["was not written", "takes 50 subjects", "found 8"]),
    "calibration place": ("verify {gl} --calibration {bad}/text/c.json", ["cannot write", "Not a directory"]),
    "one subject": ("verify {gl} --subjects 009", ["at least two of them, found 1"]),
    "page of other ending": ("verify {gl} --report {gl}", ["ends in .html"]),
}
TUNE = {
    "nothing": ("tune --out {out}.toml", ["Missing argument 'EMBEDDINGS"]),
    "no place": ("tune {gl}", ["Missing option '--out'"]),
    "missing": ("tune {world}/gaitgll.safetensors --out {out}.toml", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "test subjects": ("tune {gl} --out {out}.toml", ["8 of the 8 subjects", "test subjects", "--subjects"]),
    "other sequences": (
        "tune {gl} {bad}/vectors/others --out {out}.toml",
        ["not of the same sequences", "embed the same --part"],
    ),
    "one fold": ("tune {gl} --yes-these-are-test-subjects --folds 1 --out {out}.toml", ["2 or more", "found 1"]),
    "folds too many": (
        "tune {gl} --yes-these-are-test-subjects --folds 5 --out {out}.toml",
        ["10 subjects at least", "found 8"],
    ),
    "place of other ending": (
        "tune {gl} --yes-these-are-test-subjects --out {out}.json",
        ["its name ends in .toml", "out.json"],
    ),
    "place taken": (
        "tune {gl} --yes-these-are-test-subjects --out {bad}/steps.toml",
        ["was not made by `tune`", "another name"],
    ),
    "page of other ending": (
        "tune {gl} --yes-these-are-test-subjects --out {out}.toml --report {gl}",
        ["ends in .html"],
    ),
}
ABLATE = {
    "a pipe": ("ablate a={bad}/pipe.safetensors", ["no regular file", "`embed`"]),
    "store without a page": ("ablate a={gl} --store {store}", ["--store is shown on a page", "--report"]),
    "nothing": ("ablate", ["Missing argument"]),
    "without name": ("ablate {gl}", ["name=file", "gaitgl.safetensors"]),
    "one name twice": ("ablate a={gl} a={gm}", ["different names", "a="]),
    "missing": ("ablate a={gl} b={world}/gaitmas.safetensors", ["no embeddings at", "mean 'gaitmask.safetensors'"]),
    "truncated": ("ablate a={gl} b={bad}/vectors/truncated", ["damaged", "run `embed` again"]),
    "other sequences": ("ablate a={gl} b={bad}/vectors/others", ["not of the same sequences", "embed the same --part"]),
    "fewer sequences": ("ablate a={gl} b={bad}/vectors/fewer", ["64 and 32 sequences", "embed the same store"]),
    "k1 out of range": ("ablate a={gl} --set scorer.k1=0", ["k1", "at least 1", "found 0"]),
    "lambda out of range": ("ablate a={gl} --set scorer.lambda_=1.5", ["lambda", "between 0 and 1", "1.5"]),
    "expansion setting": ("ablate a={gl} --set cluster-expansion.kk=3", ["no setting 'kk'", "did you mean 'k'"]),
    "expansion choice": ("ablate a={gl} --set cluster-expansion.clustering=kmeans", ["'neighbours'", "'kmeans'"]),
    "expansion without value": (
        "ablate a={gl} --set cluster-expansion.k",
        ["given as key=value", "'cluster-expansion.k'"],
    ),
    "page of other ending": ("ablate a={gl} --report {out}", ["ends in .html"]),
    "protocol unknown": ("ablate a={gl} --protocol casia-f", ["'casia-f'", "did you mean"]),
    "store of others": ("ablate a={gl} --report {out}.html --store {bad}/stores/small", ["has no sequence"]),
}
REPORT = {
    "nothing": ("report --out {out}", ["Missing argument"]),
    "without place": ("report a={gl}", ["Missing option '--out'"]),
    "without name": ("report {gl} --out {out}", ["name=file", "gaitgl.safetensors"]),
    "missing": ("report a={world}/gaitgll.safetensors --out {out}", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "other sequences": (
        "report a={gl} b={bad}/vectors/others --out {out}",
        ["not of the same sequences", "embed the same --part"],
    ),
    "folder not empty": ("report a={gl} --out {bad}/full", ["not empty", "choose a new folder"]),
    "folder a file": ("report a={gl} --out {bad}/text", ["cannot write"]),
    "lambda out of range": ("report a={gl} --set scorer.lambda_=1.5 --out {out}", ["lambda", "between 0 and 1", "1.5"]),
    "expansion setting": (
        "report a={gl} --set cluster-expansion.kk=3 --out {out}",
        ["no setting 'kk'", "did you mean 'k'"],
    ),
    "protocol unknown": ("report a={gl} --protocol casia-f --out {out}", ["'casia-f'", "did you mean"]),
    "strangers never drawn": ("report a={gl} --splits 0 --out {out}", ["--splits", "x>=1"]),
    "store of others": ("report a={gl} --out {out} --store {bad}/stores/small", ["has no sequence"]),
}
COMPRESS = {
    "missing": ("compress {world}/gaitgll.safetensors", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "codec misspelt": ("compress {gl} --codec pca-128-int4", ["no codec is called 'pca-128-int4'", "int8"]),
    "codec of no component": ("compress {gl} --codec pca-0", ["no codec is called 'pca-0'"]),
    "nothing to learn on": ("compress {gl} --codec pca", ["pca-128 learns", "--fit"]),
    "the tested people": ("compress {gl} --fit {gl}", ["8 subjects are in --fit", "009", "--part train"]),
    "other networks": ("compress {gl} --fit {gm}", ["--fit was made by", "same networks"]),
    "training truncated": ("compress {gl} --fit {bad}/vectors/truncated", ["damaged", "run `embed` again"]),
    "many to write": ("compress {gl} --out {out}", ["name one with --codec"]),
    "place below a file": ("compress {gl} --codec int8 --out {bad}/text", ["cannot write", "another place"]),
    "scorer transductive": ("compress {gl} --scorer k-reciprocal", ["sees all probes", "euclidean"]),
    "shortlist empty": ("compress {gl} --shortlist 0", ["--shortlist", "x>=1"]),
}
CAPACITY = {
    "nobody": ("capacity --people 0", ["--people", "x>=1"]),
    "people missing": ("capacity", ["Missing option '--people'"]),
    "parts do not go up": ("capacity --people 9 --width 100", ["16 parts do not divide 100 floats", "--parts"]),
    "codec too wide": ("capacity --people 9 --width 64 --codec pca-65", ["pca-65 keeps more than the 64 floats"]),
    "codec misspelt": ("capacity --people 9 --codec int4", ["no codec is called 'int4'"]),
}
CONVERT = {
    "missing": ("convert {bad}/none.pt {out}", ["no weights file", "check the path"]),
    "a folder": ("convert {store} {out}", ["no weights file"]),
    "no text": ("convert {odd} {out}", ["no weights file"]),
    "text": ("convert {bad}/text {out}", ["damaged or holds more than tensors"]),
    "empty": ("convert {bad}/nothing {out}", ["no sound file of torch.save"]),
    "code inside": ("convert {bad}/weights/code.pt {out}", ["more than tensors", "not unpickled"]),
    "truncated": ("convert {bad}/weights/truncated.pt {out}", ["no sound file of torch.save"]),
    "no state": ("convert {bad}/weights/list.pt {out}", ["no state dict", "'model'"]),
    "a leftover tensor": ("convert {bad}/weights/leftover.pt {out}", ["extra.weight [3] has no place"]),
    "a missing tensor": ("convert {bad}/weights/missing.pt {out}", ["HPP.p is missing"]),
    "a misshapen tensor": ("convert {bad}/weights/misshapen.pt {out}", ["wrong shape", "pooling.power"]),
    "not finite": ("convert {bad}/weights/nan.pt {out}", ["not finite"]),
    "another network": ("convert {bad}/weights/other.pt {out}", ["no GaitGL known here"]),
    "a model of ours": ("convert {gl_model} {out}", ["no GaitGL known here", "needs no conversion"]),
    "over a file": ("convert {bad}/weights/good.pt {gl_model}", ["exists already", "another name"]),
    "below a file": ("convert {bad}/weights/good.pt {bad}/text/model", ["cannot write"]),
}
DEMO = {
    "too few walkers": ("demo {out} --subjects 4", ["at least 16", "found 4"]),
    "iterations negative": ("demo {out} --iterations -1", ["--iterations", "x>=0"]),
    "folder not empty": ("demo {bad}/full", ["not empty", "new folder"]),
    "folder a file": ("demo {bad}/text --subjects 16", ["cannot write"]),
}
CASES = {
    f"{command}: {name}": case
    for command, table in {
        "gaitprint": COMMANDS,
        "prepare": PREPARE
        | {
            f"leaf {k}": (f"prepare {{bad}}/leaves/{k.replace(' ', '-')} {{out}} {FOLDER}", w)
            for k, w in LEAVES.items()
        },
        "doctor": DOCTOR,
        "export": EXPORT,
        "train": TRAIN,
        "embed": EMBED,
        "evaluate": EVALUATE,
        "verify": VERIFY,
        "tune": TUNE,
        "compare": COMPARE,
        "ablate": ABLATE,
        "report": REPORT,
        "compress": COMPRESS,
        "capacity": CAPACITY,
        "convert": CONVERT,
        "demo": DEMO,
    }.items()
    for name, case in table.items()
}


@pytest.mark.parametrize("name", CASES)
def test_one_line_says_it_and_nothing_is_harmed(world, bad, run, tmp_path, name):
    typed, words = CASES[name]
    places = {
        "world": world.root,
        "store": world.store,
        "bad": bad,
        "out": tmp_path / "out",
        "odd": "a\udcff\nb",
        "gl": world.vectors("gaitgl"),
        "gm": world.vectors("gaitmask"),
        "run": world.root / "gaitgl",
        "gl_model": world.model("gaitgl"),
        "gm_model": world.model("gaitmask"),
        **{field: f"{{{field}}}" for field in ("subject",)},
    }
    before = state(world.root), state(bad)
    ran = run(*(word.format(**places) for word in typed.split()))
    assert ran.code in (1, 2), ran
    assert ran.out == ""
    assert ran.err.startswith("gaitprint: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    assert len(ran.err) < 1500
    for word in words:
        assert word in ran.err
    assert list(tmp_path.iterdir()) == [], "nothing half-written"
    assert (state(world.root), state(bad)) == before, "what was there is as it was"
    assert not (bad / "harmed").exists(), "nothing in a file was run"


def state(folder):
    """Every file and folder with what a change of it would change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        found[path] = (about.st_size, 0 if path.is_dir() else about.st_mtime_ns)
    return found


@pytest.fixture(scope="session")
def bad(world, run, tmp_path_factory):
    """Everything that may be wrong with a file."""
    root = tmp_path_factory.mktemp("bad")
    for name in ("empty", "full", "folder.toml", "folder.html"):
        (root / name).mkdir()
    (root / "full" / "letter.txt").write_text("dear")
    (root / "text").write_text("no data")
    (root / "x.rar").write_bytes(b"Rar!")
    for name in ("pipe.toml", "pipe.safetensors"):
        os.mkfifo(root / name)
    (root / "nothing").touch()
    (root / "broken.toml").write_text("a = = 3")
    (root / "steps.toml").write_text('[scorers]\nname = "euclidean"\n')
    (root / "loss.toml").write_text('[[losses]]\nname = "triplet"\n')
    (root / "protocols").mkdir()
    head = 'name = "mine"\ntitle = "mine"\nsource = "me"\nmode = "pooled"\n'
    (root / "protocols" / "key.toml").write_text(head + '[probe.X]\nconditions = ["nm-05"]\n')
    nothing = '[gallery]\nconditions = ["nm-01"]\n[probes.X]\nconditions = ["zz-*"]\n'
    (root / "protocols" / "nothing.toml").write_text(head + nothing)
    make_trees(root)
    make_leaves(root)
    make_lists(root)
    make_stores(root, world)
    assert run("export", world.store, root / "exported").code == 0
    make_models(root, world)
    make_vectors(root, world, run)
    make_weights(root)
    return root


def png(image=BODY[0]):
    return cv2.imencode(".png", image)[1].tobytes()


def leaf(root, *names):
    folder = root.joinpath(*names)
    folder.mkdir(parents=True)
    return folder


def make_trees(root):
    (leaf(root, "trees", "good", "a", "nm", "000") / "x.png").write_bytes(png())
    (leaf(root, "trees", "deep", "a", "nm", "000", "more") / "x.png").write_bytes(png())
    (leaf(root, "trees", "shallow", "a", "nm") / "x.png").write_bytes(png())
    (leaf(root, "odd-name", "a\nb", "nm", "000") / "x.png").write_bytes(png())
    (leaf(root, "link-out", "a", "nm") / "000").symlink_to(root / "trees" / "good" / "a" / "nm" / "000")


def make_lists(root):
    (root / "text.zip").write_text("no archive")
    (root / "list.csv").write_text("path,subject\ntrees,a\n../x,b\n")
    (root / "cut.parquet").write_bytes(b"PAR1....")
    with zipfile.ZipFile(root / "deep.zip", "w") as archive:
        archive.writestr("one/a/nm/000/more/x.png", png())
    with zipfile.ZipFile(root / "dark.zip", "w") as archive:
        archive.writestr("a/nm/000/x.png", png(0 * BODY[0]))


def make_leaves(root):
    def place(name):
        return leaf(root, "leaves", name.replace(" ", "-"), "a", "nm", "000")

    np.save(place("float32") / "x.npy", BODY.astype(np.float32) / 255 * 300)
    np.save(place("uint16") / "x.npy", BODY.astype(np.uint16) * 4)
    np.save(place("four axes") / "x.npy", np.stack([BODY, BODY], axis=1))
    np.save(place("no frame") / "x.npy", BODY[:0])
    labels = BODY // 255
    labels[:, 20:30] *= 2
    np.save(place("labels") / "x.npy", labels)
    np.save(place("photographs") / "x.npy", BODY // 2 + 60 + np.arange(BODY.shape[-1], dtype=np.uint8) // 2)
    np.save(place("black") / "x.npy", 0 * BODY)
    np.save(place("objects") / "objects.npy", np.array([{}, 1], object), allow_pickle=True)
    whole = place("truncated array") / "truncated.npy"
    np.save(whole, BODY)
    whole.write_bytes(whole.read_bytes()[:-100])
    np.savez(place("two arrays") / "x.npz", left=BODY, right=BODY)

    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch '{root / 'harmed'}'",)

    (place("hostile pickle") / "x.pkl").write_bytes(pickle.dumps(Hostile()))
    np.save(place("hostile array") / "hostile.npy", np.array([Hostile()], object), allow_pickle=True)
    (place("picture of text") / "words.png").write_text("no picture")
    (place("empty picture") / "empty.png").touch()
    (place("cut picture") / "cut.png").write_bytes(png()[:-30])
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    end = b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    (place("bomb") / "bomb.png").write_bytes(bomb + end)
    (place("bitmap") / "old.bmp").write_bytes(cv2.imencode(".bmp", BODY[0])[1].tobytes()[:-9])
    place("no picture at all")


def make_stores(root, world):
    (root / "begun").mkdir()
    with StoreWriter(root / "begun", StorePlan("synthetic", (64, 64), made_from="elsewhere")) as writer:
        writer.add(SequenceRecord("001/nm-01/000", "001", "nm-01", "000"), BODY)
        journal = (root / "begun" / "journal.jsonl").read_bytes()
    for name in ("store.json", "index-1.arrow"):
        (root / "begun" / name).unlink()
    (root / "begun" / "journal.jsonl").write_bytes(journal)
    for name in ("truncated", "cut", "foreign", "damaged", "lost", "short"):
        shutil.copytree(world.store, root / "stores" / name)
    for name, file in (("truncated", "store.json"), ("cut", "index-1.arrow")):
        whole = root / "stores" / name / file
        whole.write_bytes(whole.read_bytes()[:300])
    values = json.loads((world.store / "store.json").read_text())
    (root / "stores" / "foreign" / "store.json").write_text(json.dumps({**values, "version": 7}))
    del values["size"]
    (root / "stores" / "damaged" / "store.json").write_text(json.dumps(values))
    (root / "stores" / "lost" / "index-1.arrow").unlink()
    leaf(root, "stores", "old")
    (root / "stores" / "old" / "index.json").write_text("{}")
    frames = root / "stores" / "short" / "frames.bin"
    frames.write_bytes(frames.read_bytes()[:-1])
    with StoreWriter(root / "stores" / "small", StorePlan("synthetic", (32, 32))) as writer:
        writer.add(SequenceRecord("001/nm-01/000", "001", "nm-01", "000"), BODY[:, ::2, ::2].copy())


def make_models(root, world):
    (root / "models").mkdir()
    whole = world.model("gaitgl").read_bytes()
    checkpoint = max((world.root / "gaitgl" / "checkpoints").iterdir())
    (root / "models" / "checkpoint").write_bytes(checkpoint.read_bytes())
    (root / "models" / "truncated").write_bytes(whole[:-50])
    (root / "models" / "flipped").write_bytes(whole[:-50] + bytes([whole[-50] ^ 1]) + whole[-49:])
    assert whole.count(rb"\"cut\": 10") >= 1
    (root / "models" / "card").write_bytes(whole.replace(rb"\"cut\": 10", rb"\"cut\": 11", 1))
    with safe_open(world.model("gaitgl"), "numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        card = json.loads(file.metadata()["gaitprint"])
    del card["card_sha256"]
    for name, change in {"later": {"version": 9}, "bare": {"preprocessing": {"sice": 64}}}.items():
        save_file(tensors, root / "models" / name, {"gaitprint": json.dumps({**card, **change})})
    save_file(tensors, root / "models" / "foreign")


def make_vectors(root, world, run):
    (root / "vectors").mkdir()
    whole = world.vectors("gaitgl").read_bytes()
    (root / "vectors" / "truncated").write_bytes(whole[:-9])
    (root / "vectors" / "flipped").write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    (root / "vectors" / "renamed").write_bytes(whole.replace(b"009/nm-01/000", b"010/nm-01/000", 1))
    model = ["--model", world.model("gaitmask"), "--out"]
    assert run("embed", world.store, *model, root / "vectors" / "others", "--part", "train").code == 0
    assert run("embed", world.store, *model, root / "vectors" / "fewer", "--subjects", "009-012").code == 0


def make_weights(root):
    (root / "weights").mkdir()
    made = find_component("network", "gaitgl").make(
        {"form": "casia-b", "channels": [2, 3, 4]}, classes=5, generator=torch.Generator()
    )
    plan = toolkit_plan(frozenset({"GLConvA0.global_conv3d.conv3d.weight"}))
    state = made.state_dict()
    good = {theirs: state[ours].clone() for theirs, ours in (plan.trunk | plan.classifier).items()}

    class Code:
        def __reduce__(self):
            return os.system, (f"touch '{root / 'harmed'}'",)

    variants = {
        "good": good,
        "code": {"model": good, "more": Code()},
        "list": [1, 2, 3],
        "leftover": {**good, "extra.weight": torch.zeros(3)},
        "missing": {k: v for k, v in good.items() if k != "HPP.p"},
        "misshapen": {**good, "HPP.p": torch.ones(2)},
        "nan": {**good, "HPP.p": torch.full((1,), torch.nan)},
        "other": {"layer.weight": torch.zeros(3)},
    }
    for name, value in variants.items():
        torch.save(value, root / "weights" / f"{name}.pt")
    whole = (root / "weights" / "good.pt").read_bytes()
    (root / "weights" / "truncated.pt").write_bytes(whole[: len(whole) // 2])


def test_a_damaged_sequence_is_left_out_and_named(bad, run, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(bad / "trees" / "good", source)
    shutil.copytree(bad / "leaves" / "cut-picture" / "a", source / "b")
    said = run("prepare", source, tmp_path / "store", "--dataset", "folder", "--json").json()
    assert said["sequences"] == 1
    assert [key for key, _ in said["quarantined"]] == ["b/nm/000"]
    written = json.loads((tmp_path / "store" / "quarantine.json").read_text())
    assert [[aside["key"], aside["reason"]] for aside in written] == said["quarantined"]
    found = run("doctor", source, "--dataset", "folder", "--json").json()
    assert not found["sound"]
    assert [key for key, _ in found["unusable"]] == ["b/nm/000"]


def test_doctor_finds_a_changed_frame(world, run, tmp_path):
    shutil.copytree(world.store, tmp_path / "store")
    row = Store.open(world.store).row(5)
    with (tmp_path / "store" / "frames.bin").open("r+b") as stream:
        stream.seek(row.offset + row.bytes - 20)
        stream.write(bytes(20))
    found = run("doctor", tmp_path / "store", "--json").json()
    assert not found["sound"]
    assert found["findings"][0]["keys"] == [Store.open(world.store).records[5].key]


def test_a_disk_that_fills_up_costs_nothing(world, run, walkers, tmp_path):
    """The limit on a file's size stands for the disk's."""
    program = Path(sysconfig.get_path("scripts")) / "gaitprint"
    store = tmp_path / "store"

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10**5, 10**5))

    words = [program, "prepare", "synthetic", store, *walkers]
    full = subprocess.run(words, preexec_fn=little_room, capture_output=True, text=True)
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert "cannot write" in full.stderr
    assert "run again, it goes on" in full.stderr
    assert run(*words[1:]).code == 0
    for name in ("frames.bin", "index-1.arrow", "store.json"):
        assert (store / name).read_bytes() == (world.store / name).read_bytes()


def test_a_training_whose_disk_fills_up_goes_on(world, run, tiny, tmp_path):
    words = ["train", world.store, tmp_path / "run", "--set", "training.iterations=12", *tiny]
    words += ["--set", "training.checkpoint_every=12"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        full = run(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert full.code == 1
    assert "cannot write" in full.err.splitlines()[-1]
    assert "then run again: it goes on" in full.err.splitlines()[-1]
    assert run(*words).code == 0
    assert len((tmp_path / "run" / "history.jsonl").read_text().splitlines()) == 12


@pytest.mark.parametrize("what", ["train", "embed", "evaluate", "convert"])
def test_a_full_disk_is_one_line(world, bad, run, tiny, tmp_path, monkeypatch, what):
    def full(_handle):
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    words = {
        "train": ["train", world.store, out, "--set", "training.iterations=2", *tiny],
        "embed": ["embed", world.store, "--model", world.model("gaitgl"), "--out", out],
        "evaluate": ["evaluate", world.vectors("gaitgl"), "--report", tmp_path / "out.html"],
        "convert": ["convert", bad / "weights" / "good.pt", out],
    }[what]
    monkeypatch.setattr(os, "fsync", full)
    ran = run(*words)
    assert ran.code == 1
    line = ran.err.splitlines()[-1]
    assert "cannot write" in line
    assert "No space left on device" in line
    assert "make room" in line
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_read_or_written_is_said(world, run, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    for words in (
        ["prepare", "synthetic", locked / "store"],
        ["evaluate", world.vectors("gaitgl"), "--report", locked / "page.html"],
    ):
        ran = run(*words)
        assert ran.code == 1
        assert "Permission denied" in ran.err
